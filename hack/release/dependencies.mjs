// Says whether node_modules is what package-lock.json asks for: exit 0 when it is, 1 with what differs when not.
// Plain JavaScript, because nothing is installed yet when it first runs.
import { readFileSync } from 'node:fs';

const packages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

function difference() {
  const wanted = packages('package-lock.json');
  let installed;
  try {
    // npm's own record of what it put there.
    installed = packages('node_modules/.package-lock.json');
  } catch {
    return 'nothing is installed';
  }
  for (const [path, { version, integrity, optional, link }] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const found = installed[path];
    // Packages for other platforms are optional, and npm leaves them out.
    if (found === undefined && optional) continue;
    if (found?.version !== version || found?.integrity !== integrity || found?.link !== link) return `${path} differs`;
  }
  return undefined;
}

const reason = difference();
if (reason !== undefined) {
  console.error(reason);
  process.exitCode = 1;
}
