import { describe, expect, it } from 'vitest';

import { chooseKernel, defaultName } from './kernel-names.ts';

const interpreters = { python3: '/usr/bin/python3', 'python3.11': '/usr/bin/python3', 'python3.12': '/opt/python3.12' };

describe('chooseKernel()', () => {
  const known = [
    [undefined, undefined, 'python3', '/usr/bin/python3'],
    ['python3', undefined, 'python3', '/usr/bin/python3'],
    ['python', undefined, 'python3', '/usr/bin/python3'],
    ['python', '3.12', 'python3.12', '/opt/python3.12'],
    ['python3', '3.12', 'python3', '/usr/bin/python3'],
    ['python3.12', undefined, 'python3.12', '/opt/python3.12'],
    ['3.12', undefined, 'python3.12', '/opt/python3.12'],
  ] as const;
  it.for(known)('takes %s with PYTHON_VERSION %s as %s', ([asked, version, name, python]) => {
    expect(chooseKernel(asked, { interpreters, version })).toEqual({ name, python });
  });

  it.for(['python2', 'ir', '', '../python3', '/usr/bin/python3', '__proto__', 'constructor', 'python3 -c x'])(
    'refuses %s',
    (asked) => {
      expect(() => chooseKernel(asked, { interpreters, version: undefined })).toThrow(
        /there is: python3, python3\.11, python3\.12$/,
      );
    },
  );
});

describe('defaultName()', () => {
  const versions = [
    [undefined, 'python3'],
    ['', 'python3'],
    ['3.12', 'python3.12'],
    ['3.12.4', 'python3.12'],
    ['python3.12', 'python3.12'],
    ['3.10', 'python3'],
    ['3', 'python3'],
    ['__proto__', 'python3'],
  ] as const;
  it.for(versions)('is, with PYTHON_VERSION %s, %s', ([version, name]) => {
    expect(defaultName(interpreters, version)).toBe(name);
  });

  it('is what there is where python3 is not', () => {
    expect(defaultName({ 'python3.12': '/p' }, undefined)).toBe('python3.12');
  });
});
