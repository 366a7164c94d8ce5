import { cut, type ToolResult } from '../calls/tool-result.ts';
import { asObject, type Arguments } from '../catalog/tool-definition.ts';

/** A result whose texts have so many characters together, whatever they are in; the first ones are cut last. */
export function boundedResult(
  result: { readonly content: readonly object[]; readonly structuredContent?: unknown },
  limit: number,
): ToolResult {
  // Checked by the schema of the SDK, which knows more kinds of content than need be told apart here.
  const { structuredContent, ...rest } = result as unknown as ToolResult;
  let left = limit;
  const shortened = (item: Arguments): Arguments => {
    const { text } = item;
    if (typeof text !== 'string') return item;
    const short = cut(text, left);
    left = Math.max(0, left - text.length);
    return { ...item, text: short };
  };
  const content = rest.content.map((item) =>
    item['resource'] === undefined ? shortened(item) : { ...item, resource: shortened(asObject(item['resource'])) },
  );
  const fits = structuredContent !== undefined && JSON.stringify(structuredContent).length <= limit;
  return { ...rest, content, ...(fits ? { structuredContent } : {}) };
}
