import { describe, expect, it } from 'vitest';

import { parseCommand, UsageError } from './arguments.ts';
import { parseDuration } from './duration.ts';

describe('parseCommand()', () => {
  it.for([
    [['--help'], { command: 'help' }],
    [['create', '-h'], { command: 'help' }],
    [['create', '--name', 'ci', '--namespace', 'a'], { command: 'create', name: 'ci', namespace: 'a', verbs: ['*'] }],
    [
      [
        'create',
        '--name=ci',
        '--namespace=a',
        '--verbs',
        'sandboxes:get, tokens:create',
        '--ttl',
        '30d',
        '--release-namespace',
        'x',
      ],
      {
        command: 'create',
        name: 'ci',
        namespace: 'a',
        verbs: ['sandboxes:get', 'tokens:create'],
        ttlSeconds: 2_592_000,
        releaseNamespace: 'x',
      },
    ],
    [['list'], { command: 'list', output: 'table' }],
    [['list', '-o', 'json'], { command: 'list', output: 'json' }],
    [['revoke', 'ci'], { command: 'revoke', name: 'ci' }],
  ] as const)('reads %s', ([argv, command]) => {
    expect(parseCommand(argv)).toEqual(command);
  });

  it.for([
    [[], 'a command is missing'],
    [['make'], 'no command make'],
    [['create', '--namespace', 'a'], '--name is missing'],
    [['create', '--name', 'ci'], '--namespace is missing'],
    [['create', '--name', 'CI', '--namespace', 'a'], '--name must be'],
    [['create', '--name', 'ci', '--namespace', 'a/b'], '--namespace must be'],
    [['create', '--name', 'ci', '--namespace', 'a', '--verbs', 'all'], 'no verb all'],
    [['create', '--name', 'ci', '--namespace', 'a', '--verbs', ''], 'no verb ""'],
    [['create', '--name', 'ci', '--namespace', 'a', '--ttl', '0d'], '--ttl must be'],
    [['create', 'ci', '--name', 'ci', '--namespace', 'a'], 'create does not know what to do with ci'],
    [['list', '--name', 'ci'], 'list knows no --name'],
    [['list', '-o', 'yaml'], '--output must be'],
    [['revoke'], 'NAME is missing'],
    [['revoke', 'a', 'b'], 'revoke does not know what to do with b'],
    [['revoke', '../x'], 'NAME must be'],
    [['list', '--frobnicate'], 'frobnicate'],
  ] as const)('refuses %s', ([argv, message]) => {
    expect(() => parseCommand(argv)).toThrow(UsageError);
    expect(() => parseCommand(argv)).toThrow(message);
  });
});

describe('parseDuration()', () => {
  it.for([
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['30', undefined],
    ['1.5h', undefined],
    ['-1d', undefined],
    ['999999999d', undefined],
    ['', undefined],
  ] as const)('reads %s as %s', ([text, seconds]) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});
