import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { eventually, openShell, outcome, type TestShell } from './fixtures.ts';

describe('a shell session', () => {
  const exact = [
    ['a line', 'echo hello', 'hello\n', 0],
    ['no newline at the end', "printf 'a\\nb'", 'a\nb', 0],
    ['nothing', 'true', '', 0],
    ['an exit code', '(exit 42)', '', 42],
    ['standard error', 'echo oops >&2; false', 'oops\n', 1],
    ['a command that is not there', 'no-such-command-here', 'bash: no-such-command-here: command not found\n', 127],
    ['several lines of command', 'a=1\nb=2\necho $((a + b))', '3\n', 0],
    ['a here-document', 'cat <<X\na $HOME_IS_NOT_SET\nb\nX', 'a \nb\n', 0],
    ['a continued line', 'echo a \\\nb', 'a b\n', 0],
    ['quotes and special letters', `printf '%s|' "a'b" 'c"d' '!x' '\\' '$y' '\`' 'ü€😀'`, 'a\'b|c"d|!x|\\|$y|`|ü€😀|', 0],
    ['lines that end as on other systems', "printf 'a\\r\\nb\\r\\n'", 'a\r\nb\r\n', 0],
    ['control characters', "printf '\\033[31mred\\033[0m\\001\\002\\b'", '\u001b[31mred\u001b[0m\u0001\u0002\b', 0],
    ['what looks like a marker', "printf '\\001%032d\\002' 7", `\u0001${'7'.padStart(32, '0')}\u0002`, 0],
    ['what looks like a report', "printf '1 0 - /\\n' >&201 || echo closed", 'bash: 201: Bad file descriptor\nclosed\n', 0],
    ['bytes that are no UTF-8', "printf 'a\\xffb'", 'a\ufffdb', 0],
    ['a terminal on all three descriptors', 'test -t 0 && test -t 1 && test -t 2 && echo yes', 'yes\n', 0],
    ['a text that does not end', 'echo "open', 'bash: unexpected EOF while looking for matching `"\'\n', 2],
    ['an error that drops the rest of a line', 'echo $((1/0)); echo after', 'bash: 1/0: division by 0 (error token is "0")\n', 1],
    ['a trace that stays on for the command', 'set -x; : traced; set +x', '++ : traced\n++ set +x\n', 0],
    ['an error trap', "trap 'echo ERR' ERR; false; trap - ERR", 'ERR\n', 0],
  ] as const;
  it('gives back exactly what a command wrote', async () => {
    await using shell = await openShell();
    for (const [what, text, output, exitCode] of exact) {
      const result = await shell.run(text);
      expect([what, result]).toEqual([what, { output, exitCode, status: 'completed' }]);
    }
  });

  it('carries variables, functions, aliases, options, the directory and the last status over', async () => {
    await using shell = await openShell();
    await shell.run('x=1; export y=2; f() { echo "f $1"; }; alias a="echo alias"; set -o pipefail; mkdir d; cd d; declare z=3');
    expect((await shell.run('echo $x $y $z; f 1; a b; false | true; echo $?; pwd')).output).toBe(
      `1 2 3\nf 1\nalias b\n1\n${shell.home}/d\n`,
    );
    await shell.run('(exit 7)');
    expect((await shell.run('echo $?')).output).toBe('7\n');
    expect(shell.session.directory).toBe(`${shell.home}/d`);
  });

  it('has nothing open of the terminals of other sessions', async () => {
    await using first = await openShell();
    await using second = await openShell();
    await first.run('true');
    expect((await second.run('ls -l /proc/$$/fd /proc/self/fd | grep -c ptmx')).output).toBe('0\n');
  });

  const hostile = [
    ['prompts', "PS0=zero; PS1='evil> '; PS2='more> '; PROMPT_COMMAND='echo hacked'"],
    ['upper case for all output', 'stty olcuc'],
    ['a raw terminal', 'stty raw'],
    ['a terminal without echo and newline translation', 'stty -echo -onlcr'],
    ['a reset terminal', 'stty olcuc; stty sane'],
    ['output sent elsewhere', 'exec >/dev/null 2>&1'],
    [
      'functions in place of builtins',
      'printf() { :; }; read() { :; }; local() { :; }; test() { :; }; eval() { builtin eval "$@"; }',
    ],
    ['another field separator', 'IFS=0123456789'],
    ['no search path', 'unset PATH'],
    ['strict options', 'set -eu -o pipefail'],
    ['posix mode', 'set -o posix'],
    ['noexec, noclobber and noglob', 'set -nCf'],
    ['a trace', 'set -x'],
    ['ignored interrupts', "trap '' INT TERM"],
    ['its own exit trap', "trap 'echo bye' EXIT"],
    ['job control', 'set -m; sleep 0.01 & wait'],
    ['our own function replaced', '__sandfleet_end() { :; }; unset -f __sandfleet_end'],
    ['closed descriptors of ours', 'exec 201>&- 202>&-'],
    ['an interrupt to itself', 'kill -INT $$'],
    ['a closed standard input', 'exec <&-'],
    ['a loop left from outside', 'break; continue; return'],
    ['an unknown language', 'export LC_ALL=xx_YY LANG=xx'],
    ['a missing program to become', 'exec no-such-program'],
  ] as const;
  it.for(hostile)('is as good as new after a command with %s', async ([, text]) => {
    await using shell = await openShell();
    await shell.run(text);
    await shell.run(': one between, since some settings only show at the second');
    const result = await shell.run('set +x +e -o pipefail; builtin echo 123 >/dev/tty');
    expect([result.output.replace(/^\++ set .*\n/, ''), result.exitCode]).toEqual(['123\n', 0]);
  });

  const fatal = [
    ['exit', 'echo before; exit 3', 'before\n', 3],
    ['exec', 'exec printf done', 'done', 0],
    ['set -e', 'set -e; echo before; false; echo after', 'before\n', 1],
    ['a signal to itself', 'kill -9 $$', '', 137],
    ['a command with an exit trap', "trap 'echo bye' EXIT; set -e; (exit 4)", 'bye\n', 4],
  ] as const;
  it.for(fatal)('replaces a shell that was ended by %s, in its directory, and says so', async ([, text, output, exitCode]) => {
    await using shell = await openShell();
    await shell.run('mkdir d; cd d; x=1');
    const result = await shell.run(text);
    expect([result.output, result.exitCode]).toEqual([output, exitCode]);
    const next = shell.session.exec('echo "[$x]"; pwd', { physical: true });
    expect(await outcome(next)).toEqual({ output: `[]\n${shell.home}/d\n`, exitCode: 0, status: 'completed' });
    expect(next.hint).toMatch(/new one/);
    const after = shell.session.exec('true', { physical: true });
    await after.ended;
    expect(after.hint).toBeUndefined();
  });

  it('keeps megabytes whole, and letters that reads of the terminal cut', async () => {
    await using shell = await openShell();
    const { output } = await shell.run('for i in {1..200000}; do echo "$i é€😀"; done');
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1} é€😀\n`).join('');
    expect(output.length).toBe(expected.length);
    expect(output === expected).toBe(true);
  });

  it('stays bounded when a command never stops writing', async () => {
    await using shell = await openShell();
    const command = shell.session.exec('yes', { physical: true });
    await eventually('more than the buffer holds', () => command.output.length > 12 * 1024 * 1024);
    await shell.session.stop(command, 'terminated');
    expect(command.output.toString().length).toBeLessThan(9 * 1024 * 1024);
    expect((await shell.run('echo fine')).output).toBe('fine\n');
  });

  it('runs commands that come at once in the order in which they came', async () => {
    await using shell = await openShell();
    const commands = Array.from({ length: 30 }, (_, index) =>
      shell.session.exec(`n=$((n + 1)); echo "${index} $n"`, { physical: true }),
    );
    const outputs = await Promise.all(commands.map(outcome));
    expect(outputs.map(({ output }) => output)).toEqual(commands.map((_, index) => `${index} ${index + 1}\n`));
  });

  it('does not run what was taken back before its turn', async () => {
    await using shell = await openShell();
    const first = shell.session.exec('sleep 0.2', { physical: true });
    const second = shell.session.exec('touch ran', { physical: true });
    second.abandon();
    await first.started;
    first.abandon();
    expect((await outcome(first)).status).toBe('completed');
    expect((await outcome(second)).status).toBe('terminated');
    expect((await shell.run('ls')).output).toBe('');
  });

  it('takes a command of a megabyte', async () => {
    await using shell = await openShell();
    const { output } = await shell.run(`x='${'é'.repeat(400_000)}'; echo \${#x}`);
    expect(output).toBe('400000\n');
  });

  it('types into the program that runs', async () => {
    await using shell = await openShell();
    const command = shell.session.exec('read -p "name? " name; echo "hello $name"; cat', { physical: true });
    await eventually('the question', () => command.output.toString().endsWith('name? '));
    expect(shell.session.input('Ünal\n')).toBe(true);
    await eventually('the answer', () => command.output.toString().endsWith('hello Ünal\n'));
    shell.session.input('\u0004');
    expect(await outcome(command)).toEqual({ output: 'name? Ünal\nhello Ünal\n', exitCode: 0, status: 'completed' });
    expect(shell.session.input('nobody reads this\n')).toBe(false);
  });

  it('keeps answering when a program does not read what is typed', async () => {
    await using shell = await openShell();
    const command = shell.session.exec('stty raw; sleep 30', { physical: true });
    await command.started;
    for (let index = 0; index < 8; index += 1) shell.session.input('x'.repeat(100_000));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const { user, system } = process.cpuUsage(before);
    // One that tries without pause takes all of it, and more where the machine was busy meanwhile.
    expect((user + system) / 1000).toBeLessThan(1500);
    await shell.session.stop(command, 'terminated');
    expect((await shell.run('stty sane; echo free')).output).toContain('free\n');
  });
});

describe('stopping a command', () => {
  const stubborn = [
    ['a program', 'sleep 300'],
    ['a loop of the shell', 'while :; do :; done'],
    ['a loop over programs', 'while true; do sleep 0.1; done'],
    ['a pipeline', 'yes | grep --line-buffered nothing'],
    // A program that has begun: bash goes on with a list when the interrupt meets its child before that is one.
    ['a list', "bash -c 'echo running; exec sleep 300'; echo after"],
    ['a program that ignores Ctrl-C', 'perl -e "\\$SIG{INT} = q(IGNORE); sleep 1 while 1"'],
    ['a shell that ignores signals', "trap '' INT TERM; while :; do sleep 1; done"],
    ['a terminal that was stopped', 'kill -STOP $BASHPID'],
    ['a program that reads', 'cat'],
  ] as const;
  it.for(stubborn)('ends %s and keeps the session', async ([, text]) => {
    await using shell = await openShell();
    const command = shell.session.exec(`echo begun; ${text}`, { physical: true });
    const first = text.includes('running') ? 'begun\nrunning\n' : 'begun\n';
    await eventually('its first line', () => command.output.toString().startsWith(first));
    await shell.session.stop(command, 'terminated');
    await command.ended;
    expect(command.status).toBe('terminated');
    expect(command.output.toString()).not.toContain('after');
    expect((await shell.run('echo alive')).output).toBe('alive\n');
    expect(await children(shell)).toEqual([]);
  });

  it('leaves alone what an earlier command put into the background', async () => {
    await using shell = await openShell();
    await shell.run('sleep 301 >/dev/null & echo $! > pid');
    const pid = Number(await readFile(join(shell.home, 'pid'), 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const command = shell.session.exec('perl -e "\\$SIG{INT} = q(IGNORE); \\$| = 1; print qq(1\\n); sleep 1 while 1"', {
      physical: true,
    });
    await eventually('its first line', () => command.output.toString() === '1\n');
    await shell.session.stop(command, 'terminated');
    expect((await shell.run(`kill -0 ${pid} && echo alive`)).output).toBe('alive\n');
  });

  it('leaves nothing of a session that is closed', async () => {
    await using shell = await openShell();
    await shell.run('sleep 302 & (sleep 303 &) ; nohup sleep 304 >/dev/null 2>&1 &');
    const running = shell.session.exec("trap 'echo saved > note; exit' HUP; echo begun; while :; do sleep 0.1; done", {
      physical: true,
    });
    await eventually('its first line', () => running.output.toString() === 'begun\n');
    await shell.session.close();
    expect((await outcome(running)).status).toBe('terminated');
    expect(await readFile(join(shell.home, 'note'), 'utf8')).toBe('saved\n');
    await eventually('nothing left', async () => (await children(shell)).length === 0);
  });
});

describe('a server that stood still', () => {
  it('finds the end of each output all the same', async () => {
    await using shell = await openShell();
    const pause = new Int32Array(new SharedArrayBuffer(4));
    let isOver = false;
    // Between the report of an end and the output before it: longer than that is waited for.
    const stand = () => {
      Atomics.wait(pause, 0, 0, 2100);
      if (!isOver) setImmediate(stand);
    };
    setImmediate(stand);
    const first = await shell.run('sleep 0.3');
    isOver = true;
    expect(first.output).toBe('');
    expect((await shell.run('echo on')).output).toBe('on\n');
  });
});

describe('a directory for a command', () => {
  it('changes to it for good, with links resolved or not', async () => {
    await using shell = await openShell();
    await mkdir(join(shell.home, 'real dir'));
    await symlink('real dir', join(shell.home, 'link'));
    await writeFile(join(shell.home, 'real dir', "it's"), '');
    const at = (physical: boolean) =>
      outcome(shell.session.exec('pwd; echo *', { physical, directory: join(shell.home, 'link') }));
    expect((await at(true)).output).toBe(`${shell.home}/real dir\nit's\n`);
    expect((await at(false)).output).toBe(`${shell.home}/link\nit's\n`);
    expect((await shell.run('pwd')).output).toBe(`${shell.home}/link\n`);
  });
});

/** What still has the home of the test as its directory. */
async function children(shell: TestShell): Promise<string[]> {
  const { execFileSync } = await import('node:child_process');
  const script =
    'for p in /proc/[0-9]*; do if [ "$(readlink "$p/cwd")" = "$0" ]; then tr "\\0" " " <"$p/cmdline"; echo; fi; done';
  const listed = execFileSync('/bin/sh', ['-c', script, shell.home], { cwd: '/', encoding: 'utf8' });
  return listed.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('bash --noprofile'));
}
