import type { Contract } from '@sandfleet/contract';
import * as runtimeContracts from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { ALIASES } from './aliases.ts';
import { Catalog, DEFINITIONS, operationsOf } from './catalog.ts';
import { listOf, PLAIN_VIEW } from './listed-tool.ts';
import { OWN_SERVERS } from './tool-definition.ts';

/** Everything that the runtime's contract exports, whatever its name. */
const contract: Contract = Object.assign(
  {},
  ...Object.entries(runtimeContracts).flatMap(([name, value]) => (name.endsWith('Contract') ? [value] : [])),
);
const catalog = new Catalog({ contract, browser: true });
const nameOf = (name: string, server?: string) => catalog.resolve(name, { action: 'list' }, server)?.tool.definition.name;

describe('the catalog', () => {
  it('has an operation for every tool', () => {
    const operations = operationsOf(contract);
    expect(
      DEFINITIONS.filter(({ operation }) => !operations.has(operation)).map(({ name, operation }) => `${name}: ${operation}`),
    ).toEqual([]);
  });

  it('has one tool of each name, in the form that clients allow and with the name of its server', () => {
    const names = DEFINITIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]{0,62}$/.test(name))).toEqual([]);
    const prefixes = [...OWN_SERVERS, 'bash'];
    expect(names.filter((name) => !prefixes.some((prefix) => name.startsWith(`${prefix}_`)))).toEqual([]);
  });

  it('describes every argument by a schema of an object', () => {
    for (const { inputSchema, definition } of catalog.list()) {
      expect(inputSchema.type, definition.name).toBe('object');
      const known = Object.keys(inputSchema.properties);
      expect(known, definition.name).toEqual(expect.arrayContaining([...(inputSchema.required ?? [])]));
      expect(Object.keys(inputSchema), definition.name).not.toContain('anyOf');
      for (const own of Object.values(definition.also ?? {})) expect(known, definition.name).toContain(own);
    }
  });

  it('names no alias as a tool is named, and none of a tool that is not there', () => {
    const names = new Set(DEFINITIONS.map(({ name }) => name));
    expect(Object.keys(ALIASES).filter((name) => names.has(name))).toEqual([]);
    expect(Object.entries(ALIASES).filter(([, { tool }]) => typeof tool === 'string' && !names.has(tool))).toEqual([]);
  });

  it('lists neither hidden tools nor aliases unless asked to', () => {
    const plain = listOf(catalog.list(), PLAIN_VIEW).map(({ name }) => name);
    expect(plain).toContain('shell_exec');
    expect(plain).not.toContain('bash_exec');
    expect(plain).not.toContain('terminal_execute');
    const hidden = listOf(catalog.list(), { includeHidden: true, aliases: true }).map(({ name }) => name);
    expect(hidden).toEqual(expect.arrayContaining(['shell_exec', 'bash_exec', 'terminal_execute']));
    expect(new Set(hidden).size).toBe(hidden.length);
  });

  it('lists what has all words of a search', () => {
    const found = listOf(catalog.list(), { ...PLAIN_VIEW, search: 'FILE delete' }).map(({ name }) => name);
    expect(found).toContain('file_delete');
    expect(found).not.toContain('file_read');
  });

  it('leaves the browser out when it is told to', () => {
    const without = new Catalog({ contract, browser: false });
    expect(without.list().filter(({ definition }) => definition.server === 'browser')).toEqual([]);
    expect(without.resolve('browser_navigate', {})).toBeUndefined();
    expect(without.resolve('sandbox_browser_navigate', {})).toBeUndefined();
  });
});

const SEED_TABLE: Readonly<Record<string, readonly string[]>> = {
  browser: ['navigate', 'screenshot', 'click', 'type', 'scroll'],
  file: ['read', 'write', 'list', 'search', 'replace'],
  shell: ['exec', 'create_session', 'kill'],
  markitdown: ['convert', 'extract_text', 'extract_images'],
};
const words = (text: string) => text.split(' ');
const PUBLISHED = [
  ...words(
    'browser_navigate browser_click browser_type browser_screenshot browser_extract file_read file_write file_list file_search',
  ),
  ...words('file_replace file_delete terminal_execute terminal_session terminal_kill markitdown_convert markitdown_extract'),
  ...words(
    'navigate go_back go_forward close get_clickable_elements click hover select form_input_fill get_text get_markdown ' +
      'read_links screenshot scroll evaluate new_tab switch_tab tab_list get_download_list ' +
      'vision_screen_capture vision_screen_click press_key close_tab',
  ).map((name) => `browser_${name}`),
  ...words('get_context get_packages execute_bash execute_code file_operations str_replace_editor convert_to_markdown').map(
    (name) => `sandbox_${name}`,
  ),
  ...words(
    'navigate evaluate get_clickable_elements element_click element_hover element_select form_input_fill press_key scroll ' +
      'get_text get_markdown read_links new_tab tab_list switch_tab close_tab go_back go_forward get_download_list get_info ' +
      'screenshot execute_action',
  ).map((name) => `sandbox_browser_${name}`),
];

describe('every name that was published', () => {
  it.for(PUBLISHED)('resolves: %s', (name) => {
    expect(nameOf(name)).toBeDefined();
  });

  it.for(Object.entries(SEED_TABLE).flatMap(([server, names]) => names.map((name) => [server, name] as const)))(
    'resolves within its server and without it: %s %s',
    ([server, name]) => {
      expect(nameOf(name, server)).toBe(`${server}_${name}`);
      expect(nameOf(name)).toBe(`${server}_${name}`);
    },
  );

  it.for([
    ['sandbox_execute_bash', 'sandbox', 'shell_exec'],
    ['sandbox_browser_navigate', 'sandbox', 'browser_navigate'],
    ['execute', 'terminal', undefined],
    ['shell_exec', 'terminal', 'shell_exec'],
    ['shell_exec', 'file', undefined],
    ['read', 'shell', undefined],
    ['sandbox_file_operations', 'sandbox', 'file_list'],
    ['nothing', 'browser', undefined],
    ['__proto__', 'browser', undefined],
    ['constructor', undefined, undefined],
    ['', undefined, undefined],
  ] as const)('%s of server %s is %s', ([name, server, tool]) => {
    expect(nameOf(name, server)).toBe(tool);
  });
});
