import type { Tool, ToolContext } from './tool.ts';
import { bashTool } from './tools/bash/routes.ts';
import { codeTool } from './tools/code/routes.ts';
import { fileWatchTool } from './tools/file-watch/routes.ts';
import { editorTool } from './tools/file/editor/routes.ts';
import { fileTool } from './tools/file/routes.ts';
import { hooksTool } from './tools/hooks/routes.ts';
import { Kernels } from './tools/jupyter/kernels.ts';
import { jupyterTool } from './tools/jupyter/routes.ts';
import { NodeRuns } from './tools/nodejs/node-runs.ts';
import { nodejsTool } from './tools/nodejs/routes.ts';
import { observeTool } from './tools/observe/routes.ts';
import { packagesTool } from './tools/packages/routes.ts';
import { sandboxTool } from './tools/sandbox/routes.ts';
import { shellTool } from './tools/shell/routes.ts';
import { skillsTool } from './tools/skills/routes.ts';
import { utilTool } from './tools/util/routes.ts';

/** Mounts every tool. Those that run code for others are made here once and shared. */
export function mountTools(context: ToolContext): readonly Tool[] {
  const { config } = context;
  const nodeRuns = new NodeRuns({
    env: context.env,
    places: context.places,
    maxSessions: config.MAX_NODEJS_SESSIONS,
    maxRuns: config.SANDFLEET_NODEJS_RUNS,
    outputLimit: config.SANDFLEET_NODEJS_OUTPUT_BYTES,
  });
  const kernels = new Kernels(context);
  return [
    sandboxTool(context),
    packagesTool(context),
    observeTool(context),
    hooksTool(context),
    shellTool(context),
    bashTool(context),
    fileTool(context),
    editorTool(context),
    fileWatchTool(context),
    jupyterTool(context, kernels),
    skillsTool(context),
    utilTool(context),
    nodejsTool(context, nodeRuns),
    codeTool(context, { python: kernels, node: nodeRuns }),
  ];
}
