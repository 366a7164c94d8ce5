/** Runs the suites one after the other and adds up what they report. `npm test -- unit e2e` runs those two. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Suite {
  readonly name: string;
  /** Command line; `{results}` stands for the file that the suite writes its results to. */
  readonly command: readonly string[];
  readonly read: (resultsFile: string) => Counts;
  /** The suite needs the cluster that hack/up makes. */
  readonly cluster?: true;
}

const root = join(import.meta.dirname, '..');
const results = join(root, '.artifacts', 'results');

const vitest = (config: string): readonly string[] => [
  'node_modules/.bin/vitest',
  'run',
  '--config',
  config,
  '--reporter=default',
  '--reporter=json',
  '--outputFile.json={results}',
];

const suites: readonly Suite[] = [
  { name: 'unit', command: vitest('vitest.config.ts'), read: readVitest },
  { name: 'chart', command: vitest('test/chart/vitest.config.ts'), read: readVitest },
  { name: 'integration', command: vitest('test/integration/vitest.config.ts'), read: readVitest },
  { name: 'conformance', command: ['test/conformance/run', '{results}', 'gateway'], read: readJunit, cluster: true },
  { name: 'bare', command: ['test/conformance/run', '{results}', 'bare'], read: readJunit, cluster: true },
  { name: 'e2e', command: vitest('test/e2e/vitest.config.ts'), read: readVitest, cluster: true },
];

interface VitestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function readVitest(file: string): Counts {
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestResults;
  // A file that fails before its first test has no failed test to count, and must not pass for it.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readJunit(file: string): Counts {
  const total = { tests: 0, failures: 0, errors: 0, skipped: 0 };
  for (const [suite] of readFileSync(file, 'utf8').matchAll(/<testsuite\s[^>]*>/g)) {
    for (const key of ['tests', 'failures', 'errors', 'skipped'] as const) {
      total[key] += Number(new RegExp(`\\s${key}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    }
  }
  const failed = total.failures + total.errors;
  return { passed: total.tests - failed - total.skipped, failed, skipped: total.skipped };
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

async function runSuite(suite: Suite): Promise<Counts> {
  const file = join(results, suite.name);
  rmSync(file, { force: true });
  const code = await run(suite.command.map((word) => word.replace('{results}', file)));
  const counts = readCounts(suite, file);
  // An exit code that contradicts the counts is a failure of its own: a crash after the last test, or no result at all.
  const empty = counts.passed + counts.failed + counts.skipped === 0;
  return (code !== 0 && counts.failed === 0) || empty ? { ...counts, failed: counts.failed + 1 } : counts;
}

function readCounts(suite: Suite, file: string): Counts {
  try {
    return suite.read(file);
  } catch (error) {
    console.error(`${suite.name}: no results (${error instanceof Error ? error.message : String(error)})`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
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
  let clusterUp: boolean | undefined;
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const start = performance.now();
    console.log(`\n=== ${suite.name} ===`);
    if (suite.cluster) clusterUp ??= (await run(['hack/up'])) === 0;
    const blocked = suite.cluster === true && clusterUp === false;
    if (blocked) console.error(`${suite.name}: the cluster is not up, so nothing of it ran`);
    const counts = blocked ? { passed: 0, failed: 1, skipped: 0 } : await runSuite(suite);
    rows.push({ name: suite.name, ...counts, time: seconds(start) });
  }
  console.log('');
  console.table(rows);
  const sum = (key: keyof Counts) => rows.reduce((total, row) => total + row[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
