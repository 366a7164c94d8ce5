import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { orFileError } from './file-error.ts';

export const MAX_SKILL_NAME = 64;

export const DependencyCommandResult = Type.Object({
  command: Type.Array(Type.String()),
  success: Type.Boolean(),
  stdout: Type.Optional(Type.String({ description: 'The last 16 KiB' })),
  stderr: Type.Optional(Type.String({ description: 'The last 16 KiB' })),
});
export type DependencyCommandResult = Static<typeof DependencyCommandResult>;

export const SkillMetadata = Type.Object({
  name: Type.String(),
  path: Type.String({ description: 'Absolute path of the skill’s directory' }),
  metadata: Type.Object({}, { additionalProperties: true, description: 'Front matter of SKILL.md' }),
  dependency_commands: Type.Array(DependencyCommandResult, {
    description: 'What was run for requirements.txt and package.json when the skill was registered',
  }),
});
export type SkillMetadata = Static<typeof SkillMetadata>;

export const SkillRegistrationResult = Type.Object({ count: Type.Integer(), registered: Type.Array(SkillMetadata) });
export const SkillContentResult = Type.Object({
  name: Type.String(),
  path: Type.String({ description: 'Absolute path of the skill’s directory' }),
  content: Type.String({ description: 'SKILL.md without its front matter' }),
});

const params = Type.Object({ name: Type.String({ minLength: 1, maxLength: MAX_SKILL_NAME }) });

export const skillsContract = defineContract({
  skills_register: {
    method: 'POST',
    path: '/v1/skills/register',
    tag: 'skills',
    summary: 'Register skills from a zip archive or from a directory',
    description:
      'A skill is a directory with a SKILL.md; they are looked for 3 levels deep. With `file`, each skill is put as a whole into ' +
      '`path`/<its name> (~/.skills when path is left out) and replaces the skill that is there; what lies outside of skills in the ' +
      'archive is left out. Without `file`, the skills at `path` are registered where they are. A skill is named by `name` (one ' +
      'skill only), else by its front matter, else by its directory; a later one of the same name replaces the earlier. ' +
      'Dependencies are installed for up to 5 minutes (pip for requirements.txt, npm without scripts for package.json): give the ' +
      'client time for it. An install that fails is told in dependency_commands and in the hint, and the skill is registered. ' +
      'The fields are also taken as JSON or as a plain form.',
    consumes: 'multipart/form-data',
    body: Type.Object({
      file: Type.Optional(
        Type.String({ format: 'binary', description: 'Zip archive; at most 2000 entries and 256 MiB unpacked' }),
      ),
      path: Type.Optional(Type.String({ maxLength: 4096, description: 'Absolute, below ~, or relative to the workspace' })),
      name: Type.Optional(Type.String({ maxLength: MAX_SKILL_NAME })),
    }),
    response: orFileError(SkillRegistrationResult),
    errors: ['PAYLOAD_TOO_LARGE', 'TOO_MANY_REQUESTS', 'UNSUPPORTED_MEDIA_TYPE'],
  },
  skills_list_metadata: {
    method: 'GET',
    path: '/v1/skills/metadatas',
    tag: 'skills',
    summary: 'List the skills with their front matter',
    description: 'Sorted by name. Names that are not registered are left out; the hint tells which.',
    querystring: Type.Object({
      names: Type.Optional(Type.String({ maxLength: 16_384, description: 'Names separated by commas; all when left out' })),
    }),
    response: envelope(Type.Object({ skills: Type.Array(SkillMetadata) })),
  },
  skills_clear: {
    method: 'DELETE',
    path: '/v1/skills',
    tag: 'skills',
    summary: 'Unregister every skill',
    description: 'Files that came by an archive are removed; a directory that was registered where it is stays.',
    response: envelope(Type.Object({ count: Type.Integer(), names: Type.Array(Type.String()) })),
  },
  skills_delete: {
    method: 'DELETE',
    path: '/v1/skills/{name}',
    tag: 'skills',
    summary: 'Unregister a skill',
    description: 'Files that came by an archive are removed; a directory that was registered where it is stays.',
    params,
    response: envelope(SkillMetadata),
    errors: ['SKILL_NOT_FOUND'],
  },
  skills_get_content: {
    method: 'GET',
    path: '/v1/skills/{name}/content',
    tag: 'skills',
    summary: 'Read the instructions of a skill',
    description: 'SKILL.md as it is now, without its front matter.',
    params,
    response: orFileError(SkillContentResult),
    errors: ['SKILL_NOT_FOUND'],
  },
});
