import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import type { FastifyInstance } from 'fastify';

import type { Environment } from '../../config.ts';
import { queryOf } from '../../server/static-pages.ts';
import { sendProblem } from '../carry/page.ts';

/** Agents for the terminal that have a page of their own. No image of ours brings them; a user may install them. */
const PROGRAMS = [
  { name: 'codex', title: 'Codex', install: 'npm install -g @openai/codex' },
  { name: 'opencode', title: 'opencode', install: 'npm install -g opencode-ai' },
] as const;

/** `/codex` and `/opencode`: the terminal with the program started in a new session. */
export function serveProgramPages(app: FastifyInstance, env: Environment): void {
  for (const { name, title, install } of PROGRAMS) {
    for (const slash of ['', '/']) {
      app.get(`/${name}${slash}`, async (request, reply) => {
        if (!(await isInstalled(name, env['PATH'] ?? ''))) {
          const message = `${title} is not installed in this sandbox. Install it with: ${install}`;
          return sendProblem(request, reply, { error: new ApiError('NOT_FOUND', { message }), title: `${title} is not here` });
        }
        const query = new URLSearchParams(queryOf(request));
        query.delete('session_id');
        query.set('start', name);
        // Relative: behind a gateway the page has another path than here.
        return reply.redirect(`${slash === '' ? '' : '../'}terminal/?${query.toString()}`, 302);
      });
    }
  }
}

/** Looked for each time: it may have been installed since. */
async function isInstalled(name: string, path: string): Promise<boolean> {
  const folders = path.split(':').filter((folder) => folder.startsWith('/'));
  const found = await Promise.all(folders.map((folder) => isProgram(join(folder, name))));
  return found.includes(true);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
