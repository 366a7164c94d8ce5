import { utilContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { convertToMarkdown } from './convert.ts';
import { Slots } from '../../process/slots.ts';
import { parseSource } from './source.ts';

/** A `data:` URI of 12 Mi characters, with room for the rest of the body. */
const BODY_LIMIT = 16 * 1024 * 1024;
const MAX_WAITING = 32;
/** A failed answer repeats what was asked for, but not a whole document. */
const MAX_SHOWN_URI = 1024;

export function utilTool({ app, config, env, places }: ToolContext): Tool {
  const slots = new Slots(config.SANDFLEET_MAX_CONVERSIONS, MAX_WAITING);
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const options = {
    python: config.SANDFLEET_PYTHON,
    programs: config.SANDFLEET_PYTHON_DIR,
    env,
    seconds: config.SANDFLEET_CONVERT_SECONDS,
    memoryMegabytes: config.SANDFLEET_CONVERT_MEMORY_MB,
  };
  implement(
    app,
    utilContract,
    {
      util_convert_to_markdown: async ({ body }, context) => {
        const source = parseSource(body.uri, places);
        const signal = AbortSignal.any([context.signal, closing.signal]);
        const conversion = slots.run(signal, () => convertToMarkdown(source, { ...options, signal }));
        running.add(conversion);
        const result = await conversion.finally(() => running.delete(conversion));
        if ('error_type' in result) {
          const data = { path: body.uri.slice(0, MAX_SHOWN_URI), operation: 'convert', ...result };
          return { success: false, message: result.message, data };
        }
        return {
          ...ok<unknown>(result.text),
          ...(result.title === undefined ? {} : { title: result.title }),
          ...(result.truncated ? { truncated: true, hint: 'The document is longer; this is its beginning.' } : {}),
        };
      },
    },
    { route: () => ({ bodyLimit: BODY_LIMIT }) },
  );
  return {
    contract: utilContract,
    close: async () => {
      closing.abort(new Error('the server ends'));
      await Promise.allSettled(running);
    },
  };
}
