/** Runs the suites one after the other and adds up what they report. `npm test -- unit e2e` runs those two. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Outcome extends Counts {
  /** What failed, and how: a few lines each. */
  readonly failures: readonly string[];
}

interface Suite {
  readonly name: string;
  /** Command line; `{results}` stands for the file that the suite writes its results to. */
  readonly command: readonly string[];
  readonly read: (resultsFile: string) => Outcome;
  /** The suite needs the cluster that hack/up makes. */
  readonly cluster?: true;
}

const root = join(import.meta.dirname, '..');
const results = join(root, '.artifacts', 'results');
/** Lines of a failure's message that the summary repeats. */
const FAILURE_LINES = 12;

const vitest = (config: string, ...options: readonly string[]): readonly string[] => [
  'node_modules/.bin/vitest',
  'run',
  '--config',
  config,
  ...options,
  '--reporter=default',
  '--reporter=json',
  '--outputFile.json={results}',
];

const suites: readonly Suite[] = [
  { name: 'unit', command: vitest('vitest.config.ts', '--project=unit', '--maxWorkers=100%'), read: readVitest },
  { name: 'runtime', command: vitest('vitest.config.ts', '--project=runtime'), read: readVitest },
  { name: 'chart', command: vitest('test/chart/vitest.config.ts'), read: readVitest },
  { name: 'integration', command: vitest('test/integration/vitest.config.ts'), read: readVitest },
  { name: 'conformance', command: ['test/conformance/run', '{results}', 'gateway'], read: readJunit, cluster: true },
  { name: 'bare', command: ['test/conformance/run', '{results}', 'bare'], read: readJunit, cluster: true },
  { name: 'e2e', command: vitest('test/e2e/vitest.config.ts'), read: readVitest, cluster: true },
];

interface VitestTest {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages: readonly string[];
}

interface VitestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly VitestTest[];
}

interface VitestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly VitestFile[];
}

function readVitest(file: string): Outcome {
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestResults;
  // A file that fails before its first test has no failed test to count, and must not pass for it.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map((test) => ({ ...test, name })),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...broken.map(({ name, message }) => describeFailure(relative(root, name), message)),
      ...failed.map(({ name, fullName, failureMessages }) =>
        describeFailure(`${relative(root, name)} > ${fullName}`, failureMessages.join('\n')),
      ),
    ],
  };
}

function readJunit(file: string): Outcome {
  const report = readFileSync(file, 'utf8');
  const total = { tests: 0, failures: 0, errors: 0, skipped: 0 };
  for (const [suite] of report.matchAll(/<testsuite\s[^>]*>/g)) {
    for (const key of ['tests', 'failures', 'errors', 'skipped'] as const) {
      total[key] += Number(new RegExp(`\\s${key}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    }
  }
  const failed = total.failures + total.errors;
  const tests = report.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error) message="([^"]*)"/g);
  return {
    passed: total.tests - failed - total.skipped,
    failed,
    skipped: total.skipped,
    failures: Array.from(tests, ([, file = '', name = '', message = '']) =>
      describeFailure(`${file} > ${name}`, message.replaceAll('&#10;', '\n')),
    ),
  };
}

/** The whole story stands where the test ran, far above; here is enough to know it again. */
function describeFailure(name: string, message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
    .slice(0, FAILURE_LINES);
  return [name, ...lines.map((line) => `    ${line}`)].join('\n');
}

function run(command: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const [program, ...args] = command;
    if (program === undefined) return resolve(1);
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function runSuite(suite: Suite): Promise<Outcome> {
  const file = join(results, suite.name);
  rmSync(file, { force: true });
  const code = await run(suite.command.map((word) => word.replace('{results}', file)));
  const counts = readCounts(suite, file);
  // An exit code that contradicts the counts is a failure of its own: a crash after the last test, or no result at all.
  const empty = counts.passed + counts.failed + counts.skipped === 0;
  if ((code === 0 || counts.failed > 0) && !empty) return counts;
  const failure = `${suite.name} ended with exit code ${code}${empty ? ' and no result' : ', though no test of it failed'}`;
  return { ...counts, failed: counts.failed + 1, failures: [...counts.failures, failure] };
}

function readCounts(suite: Suite, file: string): Outcome {
  try {
    return suite.read(file);
  } catch (error) {
    console.error(`${suite.name}: no results (${error instanceof Error ? error.message : String(error)})`);
    return { passed: 0, failed: 0, skipped: 0, failures: [] };
  }
}

function notRun({ name }: Suite): Outcome {
  return { passed: 0, failed: 1, skipped: 0, failures: [`${name}: the cluster is not up, so nothing of it ran`] };
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(0)} s`;
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`There is no suite ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  mkdirSync(results, { recursive: true });
  const rows: (Counts & { readonly name: string; readonly time: string })[] = [];
  const failures: string[] = [];
  let clusterUp: boolean | undefined;
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const start = performance.now();
    console.log(`\n=== ${suite.name} ===`);
    if (suite.cluster) clusterUp ??= (await run(['hack/up'])) === 0;
    const blocked = suite.cluster === true && clusterUp === false;
    const outcome = blocked ? notRun(suite) : await runSuite(suite);
    const { passed, failed, skipped } = outcome;
    rows.push({ name: suite.name, passed, failed, skipped, time: seconds(start) });
    failures.push(...outcome.failures);
  }
  if (failures.length > 0) console.log(`\nFailed:\n\n${failures.join('\n\n')}`);
  console.log('');
  console.table(rows);
  const sum = (key: keyof Counts) => rows.reduce((total, row) => total + row[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
