import { join } from 'node:path';

import { fastifyMultipart } from '@fastify/multipart';
import { skillsContract, type SkillMetadata } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { FastifyInstance } from 'fastify';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { attempt } from '../file/attempt.ts';
import { resolvePath } from '../file/workspace-path.ts';
import { Slots } from '../../process/slots.ts';
import { readSkillText } from './find-skills.ts';
import { registerArchive } from './register-archive.ts';
import { SkillRegistry } from './skill-registry.ts';
import { FORM_LIMITS, refused, withRegistration, type Registration } from './upload.ts';

const MAX_REGISTRATIONS = 4;
const MAX_WAITING = 16;
/** Names that a hint repeats. */
const MAX_SHOWN = 20;

const { skills_register, ...others } = skillsContract;

export function skillsTool({ app, config, env, places, log }: ToolContext): Tool {
  const ownFolder = join(places.home, '.skills');
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const slots = new Slots(MAX_REGISTRATIONS, MAX_WAITING);
  const registry = new SkillRegistry({
    ownFolder,
    initialFolder: config.AIO_SKILLS_PATH,
    env,
    maxSkills: config.SANDFLEET_MAX_SKILLS,
    installSeconds: config.SANDFLEET_SKILL_INSTALL_SECONDS,
    log,
  });
  const register = ({ file, path, name }: Registration, signal: AbortSignal) =>
    attempt(
      { path: path ?? ownFolder, operation: 'register', empty: { count: 0, registered: [] as SkillMetadata[] }, hint: hintOf },
      places,
      async (resolved) => {
        if (file === undefined && path === undefined) throw refused('file', 'is required where there is no path');
        const registered =
          file === undefined
            ? await registry.registerDirectory(resolved, name, signal)
            : await registerArchive(registry, { file: file.path, filename: file.filename, name }, { folder: resolved, signal });
        return { count: registered.length, registered: [...registered] };
      },
    );
  const fileSize = config.SANDFLEET_SKILL_UPLOAD_MB * 1024 * 1024;
  // In a scope of its own: other routes have other limits for the forms that they take.
  void app.register(async (scope) => {
    await scope.register(fastifyMultipart, { limits: { ...FORM_LIMITS, fileSize } });
    acceptPlainForms(scope);
    implement(
      scope,
      { skills_register },
      {
        skills_register: async (_, { request, signal: gone }) => {
          const signal = AbortSignal.any([gone, closing.signal]);
          const call = slots.run(signal, () => withRegistration(request, (registration) => register(registration, signal)));
          running.add(call);
          return call.finally(() => running.delete(call));
        },
      },
    );
  });
  implement(app, others, {
    skills_list_metadata: async ({ query }) => {
      const skills = await registry.list();
      const names =
        query.names
          ?.split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '') ?? [];
      if (names.length === 0) return ok({ skills: [...skills] });
      const missing = names.filter((name) => !skills.some((skill) => skill.name === name)).slice(0, MAX_SHOWN);
      return {
        ...ok({ skills: skills.filter(({ name }) => names.includes(name)) }),
        ...(missing.length === 0 ? {} : { hint: `Not registered: ${missing.join(', ')}` }),
      };
    },
    skills_clear: async () => {
      const names = await registry.clear();
      return ok({ count: names.length, names: [...names] });
    },
    skills_delete: async ({ params }) => ok(await registry.delete(params.name)),
    skills_get_content: async ({ params }) => {
      const { name, directory } = await registry.get(params.name);
      const empty = { name, path: directory, content: '' };
      return attempt({ path: directory, operation: 'read', empty }, places, async (path) => ({
        ...empty,
        content: (await readSkillText(resolvePath(path, places, 'read'))).body,
      }));
    },
  });
  return {
    contract: skillsContract,
    close: async () => {
      closing.abort(new Error('the server ends'));
      await Promise.allSettled(running);
    },
  };
}

/** Clients without a file to send take the other form that browsers have. */
function acceptPlainForms(scope: FastifyInstance): void {
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
}

function hintOf({ registered }: { readonly registered: readonly SkillMetadata[] }): string | undefined {
  const failed = registered.filter((skill) => skill.dependency_commands.some(({ success }) => !success)).map(({ name }) => name);
  return failed.length === 0
    ? undefined
    : `Registered, but dependencies could not be installed for: ${failed.slice(0, MAX_SHOWN).join(', ')}`;
}
