import type { ListedTool } from '../catalog/listed-tool.ts';
import type { Connection } from './connect.ts';

const MAX_TOOLS = 256;
const MAX_PAGES = 32;
/** Every client of the hub gets them, and most give them to a model. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** @throws Error when the server has no list, or one without an end in sight */
export async function listTools({ client, sdk }: Connection, timeoutMs: number): Promise<readonly ListedTool[]> {
  const tools: ListedTool[] = [];
  let characters = 0;
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && tools.length < MAX_TOOLS; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const result = await client.request({ method: 'tools/list', params }, sdk.types.ListToolsResultSchema, {
      timeout: timeoutMs,
    });
    characters += JSON.stringify(result).length;
    if (characters > MAX_CHARACTERS) throw new Error(`its list of tools has more than ${MAX_CHARACTERS} characters`);
    // The schema of the SDK has checked what our contract says of a tool.
    tools.push(...(result.tools as unknown as ListedTool[]));
    cursor = result.nextCursor;
    if (cursor === undefined) break;
  }
  return tools.slice(0, MAX_TOOLS);
}
