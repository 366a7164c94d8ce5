import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

export const InstalledPackage = Type.Object({ name: Type.String(), version: Type.String() });
export type InstalledPackage = Static<typeof InstalledPackage>;

const installed = envelope(Type.Array(InstalledPackage, { description: 'By name' }));

export const sandboxPackagesContract = defineContract({
  sandbox_python_packages: {
    method: 'GET',
    path: '/v1/sandbox/packages/python',
    tag: 'sandbox',
    summary: 'List the installed Python packages',
    description: 'What `python3` of the sandbox can import, as `pip list` shows it. Without a Python that runs: success false.',
    response: installed,
  },
  sandbox_nodejs_packages: {
    method: 'GET',
    path: '/v1/sandbox/packages/nodejs',
    tag: 'sandbox',
    summary: 'List the npm packages that are installed globally',
    description:
      'Those of the user (`npm install -g`) and those that came with the sandbox. Of one name that is there twice, the user’s.',
    response: installed,
  },
});
