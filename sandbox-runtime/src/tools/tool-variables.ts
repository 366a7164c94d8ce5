import { Type } from 'typebox';

/** Conversions, skills and observation. */
export const toolVariables = {
  OBSERVE_MAX_REPORTS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'observation reports that are kept' }),
  SANDFLEET_PYTHON: Type.String({ default: 'python3', description: 'interpreter of the programs in SANDFLEET_PYTHON_DIR' }),
  SANDFLEET_PYTHON_DIR: Type.String({ default: '/opt/sandfleet/python', description: 'Python programs of the runtime itself' }),
  SANDFLEET_MAX_CONVERSIONS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'conversions to Markdown at once',
  }),
  SANDFLEET_CONVERT_SECONDS: Type.Number({ minimum: 1, maximum: 3600, default: 60, description: 'time of one conversion' }),
  SANDFLEET_CONVERT_MEMORY_MB: Type.Integer({
    minimum: 256,
    maximum: 65_536,
    default: 2048,
    description: 'address space of one conversion, of which most is never touched',
  }),
  AIO_SKILLS_PATH: Type.Optional(Type.String({ description: 'directory whose skills are registered from the start' })),
  SANDFLEET_MAX_SKILLS: Type.Integer({ minimum: 1, maximum: 10_000, default: 256, description: 'skills registered at once' }),
  SANDFLEET_SKILL_UPLOAD_MB: Type.Integer({ minimum: 1, maximum: 4096, default: 100, description: 'size of a skill archive' }),
  SANDFLEET_SKILL_INSTALL_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 300,
    description: 'time of all dependency installs of one registration',
  }),
} as const;
