/**
 * The program of a session's process, as text: `node -e` takes it from the command line, so that it is there however the server
 * itself was started (from sources, or as one bundled file). It holds no backtick and no dollar sign before a brace.
 *
 * V8's own REPL mode evaluates the code: names may be declared again, top-level await works, and the last value comes back.
 * Requests and answers are JSON lines on descriptor 3. The program shares its process with the code that it runs, so its answers
 * are worth no more than that code's; what the code may break later is kept in constants first.
 */
export const REPL_SOURCE = String.raw`'use strict';
/* In a function: what is declared outside would stand in the way of the code's own names. */
(() => {
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const vm = require('node:vm');
const { Session } = require('node:inspector');
const Module = require('node:module');
const { Readable } = require('node:stream');
const { inspect } = require('node:util');
const { parse, stringify } = JSON;
const { setTimeout, clearTimeout, setImmediate, Promise, Error, Buffer } = globalThis;
const now = Date.now;
const exit = process.exit.bind(process);
const ask = process.cwd.bind(process);
const chdir = process.chdir.bind(process);

const MAX_VALUE = 1048576;
const MAX_LINE = 4000;
const MAX_LINES = 200;
const LATE = Symbol('late');
const INSPECT = { maxStringLength: 100000 };

const channel = new net.Socket({ fd: 3 });
const session = new Session();
session.connect();
const post = (method, params) => new Promise((done) => {
  session.post(method, params, (failure, result) => done(failure ? { failure } : result));
});

let taken;
Object.defineProperty(globalThis, Symbol.for('sandfleet.take'), { value: (value) => { taken = value; } });
const TAKE = 'function (value) { globalThis[Symbol.for("sandfleet.take")](value); }';

/* An object's own handle in this program; anything else is told by its description. */
async function valueOf(remote) {
  if (remote.objectId === undefined) {
    return 'unserializableValue' in remote ? { text: remote.unserializableValue } : { value: remote.value };
  }
  const { objectId } = remote;
  await post('Runtime.callFunctionOn', { functionDeclaration: TAKE, objectId, arguments: [{ objectId }], silent: true });
  const value = taken;
  taken = undefined;
  return { value };
}

const OWN_FRAME = /^\s+at .*(node:inspector|\[eval\])/;

/* A stack ends where it comes to this program. */
function withoutOwnFrames(text) {
  if (!text.includes('\n')) return text;
  let isCut = false;
  return text.split('\n').filter((line) => {
    if (!/^\s+at /.test(line)) isCut = false;
    else if (OWN_FRAME.test(line)) isCut = true;
    return !isCut;
  }).join('\n');
}

function show(value) {
  try {
    return withoutOwnFrames(inspect(value, INSPECT).slice(0, MAX_VALUE));
  } catch {
    return '(a value that cannot be shown)';
  }
}

function describe(error, position) {
  try {
    const isError = error instanceof globalThis.Error || Object.prototype.toString.call(error) === '[object Error]';
    const text = show(error);
    const lines = (isError ? text : 'Uncaught ' + text).split('\n');
    if (isError && position !== undefined && !lines.some((line) => /^\s+at /.test(line))) lines.push('    at ' + position);
    return {
      ename: isError ? String(error.name).slice(0, MAX_LINE) : 'Uncaught',
      evalue: (isError ? String(error.message) : text).slice(0, MAX_VALUE),
      traceback: lines.slice(0, MAX_LINES).map((line) => line.slice(0, MAX_LINE)),
    };
  } catch {
    return { ename: 'Error', evalue: '(an error that cannot be shown)', traceback: ['(an error that cannot be shown)'] };
  }
}

const send = (answer) => { channel.write(stringify(answer) + '\n'); };

/* A pipe that is full for the moment says so; one that the code has closed never gets the mark. */
async function mark(descriptor, text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(descriptor, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}

let current;
const late = (error) => {
  const told = describe(error);
  if (current !== undefined) {
    current.errors.push(told);
    if (!current.once || !current.answered) return;
  }
  fs.writeSync(2, 'Uncaught ' + told.traceback.join('\n') + '\n');
  if (current !== undefined && current.once) {
    send({ id: current.id, failed: told });
    channel.end(() => exit(1));
  }
};
process.on('uncaughtException', late);
process.on('unhandledRejection', late);

let place = '/';
/* The directory may have been removed. */
const cwd = () => {
  try {
    return ask();
  } catch {
    return place;
  }
};

/* require() and import() look from the directory of the session. */
function moveTo(directory) {
  chdir(directory);
  place = cwd();
  const module = new Module(path.join(place, '[session]'), null);
  module.filename = module.id;
  module.paths = Module._nodeModulePaths(place);
  module._compile('exports.load = (name, options) => import(name, options);', module.filename);
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  define('require', Module.createRequire(path.join(place, '[session]')));
  define('__dynamicImport__', module.exports.load);
  define('__dirname', place);
  define('__filename', path.join(place, '[session]'));
}

/* A line that begins with a brace is more likely an object than a block. */
function asExpression(code) {
  const text = code.trim();
  if (!text.startsWith('{') || text.endsWith(';')) return code;
  try {
    void new vm.Script('(' + text + '\n)');
    return '(' + text + '\n)';
  } catch {
    return code;
  }
}

function giveInput(text) {
  const value = Readable.from(text === '' ? [] : [Buffer.from(text)], { objectMode: false });
  Object.defineProperty(process, 'stdin', { value, configurable: true, enumerable: true, writable: true });
}

async function evaluate(request) {
  const began = now();
  let timer;
  const result = await new Promise((done) => {
    current.interrupt = () => done(LATE);
    session.post('Runtime.evaluate', {
      expression: asExpression(request.code) + '\n//# sourceURL=' + request.name,
      replMode: true,
      awaitPromise: true,
      timeout: request.timeoutMs,
      objectGroup: 'call',
    }, (failure, answer) => done(failure ? { failure } : answer));
    timer = setTimeout(() => done(LATE), Math.max(0, request.timeoutMs - (now() - began)));
  });
  clearTimeout(timer);
  if (result === LATE) return { status: 'timeout', goesOn: true };
  if (result.failure) {
    if (now() - began >= request.timeoutMs) return { status: 'timeout', goesOn: false };
    return { status: 'error', errors: [describe(new Error(String(result.failure.message)))] };
  }
  const { value, text } = await valueOf(result.exceptionDetails ? result.exceptionDetails.exception : result.result);
  if (result.exceptionDetails === undefined) {
    return { status: 'ok', ...(text === undefined && value === undefined ? {} : { value: text ?? show(value) }) };
  }
  const { lineNumber, columnNumber, scriptId, stackTrace } = result.exceptionDetails;
  const error = describe(value, request.name + ':' + (lineNumber + 1) + ':' + (columnNumber + 1));
  /* V8 names a script without a stack only where it could not read it. The error itself tells nothing: it may be of a file that
     the code imports, or of JSON that a server sent, without a frame of the code. */
  return { status: 'error', errors: [error], unparsed: scriptId !== undefined && stackTrace === undefined };
}

async function execute(request) {
  current = { id: request.id, once: request.once === true, errors: [], answered: false, interrupt() {} };
  const call = current;
  if (request.stdin !== undefined) giveInput(request.stdin);
  let outcome;
  try {
    outcome = await evaluate(request);
  } catch (error) {
    outcome = { status: 'error', errors: [describe(error)] };
  }
  /* Rejections that nobody handles are told a turn later. */
  await new Promise((done) => setImmediate(done));
  await post('Runtime.releaseObjectGroup', { objectGroup: 'call' });
  const errors = [...(outcome.errors ?? []), ...call.errors].slice(0, 10);
  const status = outcome.status === 'ok' && errors.length > 0 ? 'error' : outcome.status;
  call.answered = true;
  if (request.mark !== undefined) {
    await mark(1, request.mark);
    await mark(2, request.mark);
  }
  send({ ...outcome, id: request.id, errors, status, cwd: cwd() });
  if (!call.once) {
    current = undefined;
  } else if (status === 'ok') {
    /* What the code started may come to its end; then the process does. */
    channel.unref();
  } else {
    channel.end(() => exit(1));
  }
}

let rest = '';
channel.setEncoding('utf8');
channel.on('data', (chunk) => {
  rest += chunk;
  if (!chunk.includes('\n')) return;
  const lines = rest.split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const request = parse(line);
    if (request.interrupt !== undefined) {
      if (current !== undefined && current.id === request.interrupt) current.interrupt();
    } else {
      try {
        if (request.cwd !== undefined && request.cwd !== place) moveTo(request.cwd);
      } catch {
        /* It was removed: the code runs where the process is. */
      }
      void execute(request);
    }
  }
});
channel.on('error', () => {});
channel.on('close', () => {
  if (current === undefined || !current.once) exit(0);
});

process.execArgv = [];
delete process._eval;
moveTo(cwd());
})();
`;
