import type { CatalogTool } from '../catalog/catalog.ts';
import type { Arguments, Presented } from '../catalog/tool-definition.ts';
import { understand } from './arguments.ts';
import { InnerCalls, type InnerCallsOptions } from './inner-call.ts';
import { errorResult, imageResult, presentAnswer, resultOf, withNotes, type ToolResult } from './tool-result.ts';

export interface ToolRun extends InnerCallsOptions {
  /** Characters of text in a result. */
  readonly limit: number;
}

/**
 * Runs one of the sandbox's own tools. What goes wrong in the tool is a result for the model to read.
 *
 * @throws the signal's reason when it aborts
 */
export async function runTool(tool: CatalogTool, given: Arguments, run: ToolRun): Promise<ToolResult> {
  const { args, unknown, missing } = understand(tool, given);
  const notes =
    unknown.length === 0 ? [] : [`Unknown arguments were left out: ${unknown.slice(0, 20).join(', ').slice(0, 500)}.`];
  if (missing.length > 0) return withNotes(errorResult(`Missing arguments: ${missing.join(', ')}.`), notes);
  const calls = new InnerCalls(run);
  try {
    const result = await perform(tool, args, { calls, limit: run.limit });
    return withNotes(result, [...notes, ...calls.hints.map((hint) => `Hint: ${hint}`)]);
  } catch (error) {
    run.signal.throwIfAborted();
    return withNotes(errorResult(error instanceof Error ? error.message : String(error)), notes);
  }
}

async function perform(
  { definition }: CatalogTool,
  args: Arguments,
  { calls, limit }: { readonly calls: InnerCalls; readonly limit: number },
): Promise<ToolResult> {
  const present = (presented: Presented) => resultOf(presented, limit);
  if (definition.run !== undefined) return present(await definition.run(args, calls.call));
  const raw = await calls.send(definition.operation, args);
  return imageResult(raw) ?? present((definition.present ?? presentAnswer)(calls.json(raw)));
}
