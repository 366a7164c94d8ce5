import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { ROOT, type Ran } from './helm.ts';

let kubectlPath: string | undefined;

/** kubectl as the administrator of the API server that `kubeconfig` leads to. */
export function kubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<Ran> {
  kubectlPath ??= execFileSync(join(ROOT, 'hack/tools'), ['path', 'kubectl'], { encoding: 'utf8' }).trim();
  const binary = kubectlPath;
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(binary, [`--kubeconfig=${kubeconfig}`, ...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error);
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
