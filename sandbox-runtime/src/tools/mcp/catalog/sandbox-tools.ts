import { asList, asObject, shown, textOf, type Answer, type Presented, type ToolDefinition } from './tool-definition.ts';

const LANGUAGES: Readonly<Record<string, 'python' | 'nodejs'>> = {
  py: 'python',
  python: 'python',
  python3: 'python',
  js: 'nodejs',
  javascript: 'nodejs',
  node: 'nodejs',
  nodejs: 'nodejs',
};

/** Tracebacks come in the colours of a terminal. */
// oxlint-disable-next-line no-control-regex
const COLOURS = /\u001B\[[0-9;]{0,32}m/g;

export const sandboxTools: readonly ToolDefinition[] = [
  {
    name: 'sandbox_get_context',
    server: 'sandbox',
    operation: 'GET /v1/sandbox',
    title: 'Describe the sandbox',
    effect: 'reads',
    present: ({ data, home_dir, workspace, version, detail }) => ({
      text: shown(data),
      data: { home_dir, workspace, version, detail },
    }),
  },
  {
    name: 'sandbox_get_packages',
    server: 'sandbox',
    operation: 'GET /v1/sandbox/packages/python',
    title: 'List installed packages',
    description: 'Name and version of the installed packages of Python, of Node.js, or of both.',
    effect: 'reads',
    input: {
      type: 'object',
      properties: {
        language: { type: 'string', enum: Object.keys(LANGUAGES), description: 'Both when left out' },
      },
    },
    run: async (args, call) => {
      const language = LANGUAGES[textOf(args['language'])?.toLowerCase() ?? ''];
      const wanted = language === undefined ? (['python', 'nodejs'] as const) : [language];
      const lists = await Promise.all(
        wanted.map(async (name) => [name, asList((await call(`GET /v1/sandbox/packages/${name}`, {})).data)] as const),
      );
      return {
        text: lists.map(([name, packages]) => `${name}:\n${packages.map(versioned).join('\n')}`).join('\n\n'),
        data: Object.fromEntries(lists),
      };
    },
  },
  {
    name: 'sandbox_execute_code',
    server: 'sandbox',
    operation: 'POST /v1/code/execute',
    title: 'Run Python or JavaScript',
    effect: 'acts',
    openWorld: true,
    also: { lang: 'language' },
    prepare: (args) => ({ language: 'python', ...args }),
    present: codeText,
  },
  {
    name: 'sandbox_execute_jupyter',
    server: 'sandbox',
    operation: 'POST /v1/jupyter/execute',
    title: 'Run Python in a kernel',
    effect: 'acts',
    openWorld: true,
    hidden: true,
    present: codeText,
  },
  {
    name: 'sandbox_execute_nodejs',
    server: 'sandbox',
    operation: 'POST /v1/nodejs/execute',
    title: 'Run JavaScript',
    effect: 'acts',
    openWorld: true,
    hidden: true,
    present: codeText,
  },
  {
    name: 'sandbox_list_skills',
    server: 'sandbox',
    operation: 'GET /v1/skills/metadatas',
    title: 'List the skills',
    effect: 'reads',
  },
  {
    name: 'sandbox_get_skill',
    server: 'sandbox',
    operation: 'GET /v1/skills/{name}/content',
    title: 'Read a skill',
    effect: 'reads',
    present: ({ data }) => ({ text: shown(asObject(data)['content']), data }),
  },
  {
    name: 'sandbox_wait_for_file',
    server: 'sandbox',
    operation: 'POST /v1/file/watch/wait',
    title: 'Wait for a file',
    effect: 'reads',
    hidden: true,
  },
];

const versioned = (entry: unknown): string => `${shown(asObject(entry)['name'])}==${shown(asObject(entry)['version'])}`;

/** What was printed and the value of the last expression, as a notebook shows them. */
function codeText({ data }: Answer): Presented {
  const { outputs, status } = asObject(data);
  const parts = asList(outputs).map(asObject).map(outputText);
  const text = parts.filter((part) => part !== '').join('\n');
  if (status === 'ok' || status === undefined) return { text, data };
  return { text: `${text}${text === '' ? '' : '\n'}[status: ${shown(status)}]`, data };
}

function outputText(output: Readonly<Record<string, unknown>>): string {
  if (output['output_type'] === 'stream') return shown(output['text']).replace(/\n$/, '');
  if (output['output_type'] === 'error') {
    const lines = asList(output['traceback']);
    return lines.length === 0
      ? `${shown(output['ename'])}: ${shown(output['evalue'])}`
      : lines.join('\n').replaceAll(COLOURS, '');
  }
  return shown(asObject(output['data'])['text/plain']);
}
