/**
 * The program that begins a fresh run, as text for `node -e`. It runs the file of its first argument as if Node had been started
 * with it, as CommonJS or, where only that can hold the code, as an ES module that has require too. An exception that ends the
 * process goes to descriptor 3 as one JSON line. It holds no backtick and no dollar sign before a brace.
 */
export const RUNNER_SOURCE = String.raw`'use strict';
(() => {
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const Module = require('node:module');
const { inspect } = require('node:util');
const { stringify } = JSON;

/* What Node's own detection looks for: code that says one of these may yet be a module. */
const MODULE_ONLY = new RegExp([
  'Cannot use import statement outside a module',
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  'await is only valid in async functions and the top level bodies of modules',
  'Unexpected reserved word',
  "Identifier '(__filename|__dirname|require|module|exports)' has already been declared",
].join('|'));
const OWN_FRAME = /^\s+at .*(\[eval\]|node:internal)/;

function describe(error) {
  const isError = error instanceof Error;
  const text = inspect(error, { maxStringLength: 100000 });
  return {
    ename: isError ? String(error.name).slice(0, 4000) : 'Uncaught',
    evalue: (isError ? String(error.message) : text).slice(0, 1048576),
    traceback: (isError ? text : 'Uncaught ' + text).split('\n').filter((line) => !OWN_FRAME.test(line))
      .slice(0, 200).map((line) => line.slice(0, 4000)),
  };
}
process.on('uncaughtExceptionMonitor', (error) => {
  try {
    fs.writeSync(3, stringify(describe(error)) + '\n');
  } catch {}
});

function isModule(code, file) {
  try {
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    vm.compileFunction(code.replace(/^#!.*/, ''), names, { filename: file });
    return false;
  } catch (error) {
    return MODULE_ONLY.test(String(error.message)) || isAsync(code);
  }
}

/* An await where V8 expects none is told in many ways, so what counts is whether it may stand in an async function. */
function isAsync(code) {
  if (!code.includes('await')) return false;
  try {
    void new vm.Script('(async () => {' + code + '\n})');
    return true;
  } catch {
    return false;
  }
}

let file = process.argv[1];
if (isModule(fs.readFileSync(file, 'utf8'), file)) {
  const renamed = file.replace(/\.cjs$/, '.mjs');
  fs.renameSync(file, renamed);
  file = renamed;
}
delete globalThis.module;
delete globalThis.exports;
globalThis.require = Module.createRequire(file);
globalThis.__filename = file;
globalThis.__dirname = path.dirname(file);
process.argv[1] = file;
process.execArgv = [];
delete process._eval;
Module.runMain();
})();
`;
