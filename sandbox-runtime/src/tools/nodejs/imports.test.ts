import { describe, expect, it } from 'vitest';

import { rewriteImports } from './imports.ts';

describe('rewriteImports()', () => {
  const rewritten = [
    ["await import('os')", "await __dynamicImport__('os')"],
    ["import fs from 'fs'; fs", 'const { default: fs } = await __dynamicImport__("fs"); fs'],
    ["import { a, b as c } from 'x'", 'const { a, b: c } = await __dynamicImport__("x")'],
    ["import d, { a } from 'x'", 'const { default: d, a } = await __dynamicImport__("x")'],
    ["import * as ns from 'x'", 'const ns = await __dynamicImport__("x")'],
    ["import 'x'", 'await __dynamicImport__("x")'],
    ["import {\n  a,\n} from 'x'\nb", 'const { a } = await __dynamicImport__("x")\n\n\nb'],
    [
      "import j from './a.json' with { type: 'json' }",
      `const { default: j } = await __dynamicImport__("./a.json", { with: { type: 'json' } })`,
    ],
    ['`${await import("x")} import y`', '`${await __dynamicImport__("x")} import y`'],
    ['4 / 2; import("x") / 1', '4 / 2; __dynamicImport__("x") / 1'],
  ] as const;
  it.for(rewritten)('makes of %j code that a session can run', ([code, expected]) => {
    expect(rewriteImports(code)).toBe(expected);
  });

  const same = [
    "'import(1)'",
    '"import x from \'y\'"',
    '// import("x")',
    '/* import("x") */ 1',
    '`import("x")`',
    '`a ${"`"} import("x")`',
    '/import("x")/.test("")',
    'return /[/"]import(x)/',
    'a.import("x")',
    'important(1)',
    'import.meta.url',
    'import {',
    'no such word',
  ];
  it.for(same)('leaves %j alone', (code) => {
    expect(rewriteImports(code)).toBe(code);
  });

  it.for(['import {', 'import(', "import 'x';", '`${', 'import a,', 'import * as ', '/', '"', '}'])(
    'takes %j a hundred thousand times in its stride',
    (part) => {
      expect(rewriteImports(`import ${part.repeat(100_000)}`).length).toBeGreaterThan(0);
    },
  );
});
