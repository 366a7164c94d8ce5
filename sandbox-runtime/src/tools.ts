import { createCarrier } from './surfaces/carry/create-carrier.ts';
import { cdpTool } from './surfaces/cdp/routes.ts';
import { editorsTool } from './surfaces/editors/routes.ts';
import { pagesTool } from './surfaces/pages/routes.ts';
import { previewTool } from './surfaces/preview/routes.ts';
import { vncTool } from './surfaces/vnc/routes.ts';
import type { Tool, ToolContext } from './tool.ts';
import { authTool } from './tools/auth/routes.ts';
import { bashTool } from './tools/bash/routes.ts';
import { browserCaptchaTool } from './tools/browser/captcha/routes.ts';
import { browserControlTool } from './tools/browser/control/routes.ts';
import { browserCookiesTool } from './tools/browser/cookies/routes.ts';
import { browserNetworkTool } from './tools/browser/network/routes.ts';
import { browserPageTool } from './tools/browser/page/routes.ts';
import { createBrowserSession } from './tools/browser/session/create-session.ts';
import { browserStateTool } from './tools/browser/state/routes.ts';
import { browserTabsTool } from './tools/browser/tabs/routes.ts';
import { codeTool } from './tools/code/routes.ts';
import { displayTool } from './tools/display/routes.ts';
import { fileWatchTool } from './tools/file-watch/routes.ts';
import { editorTool } from './tools/file/editor/routes.ts';
import { createFileTurns } from './tools/file/file-turns.ts';
import { fileTool } from './tools/file/routes.ts';
import { hooksTool } from './tools/hooks/routes.ts';
import { Kernels } from './tools/jupyter/kernels.ts';
import { jupyterTool } from './tools/jupyter/routes.ts';
import { mcpTool } from './tools/mcp/routes.ts';
import { NodeRuns } from './tools/nodejs/node-runs.ts';
import { nodejsTool } from './tools/nodejs/routes.ts';
import { observeTool } from './tools/observe/routes.ts';
import { packagesTool } from './tools/packages/routes.ts';
import { proxyTool } from './tools/proxy/routes.ts';
import { sandboxTool } from './tools/sandbox/routes.ts';
import { servicesTool } from './tools/services/routes.ts';
import { shellTool } from './tools/shell/routes.ts';
import { skillsTool } from './tools/skills/routes.ts';
import { utilTool } from './tools/util/routes.ts';

/** Mounts every tool. What several of them use is made here once. */
export function mountTools(context: ToolContext): readonly Tool[] {
  const { config } = context;
  const nodeRuns = new NodeRuns({
    env: context.env,
    places: context.places,
    maxSessions: config.MAX_NODEJS_SESSIONS,
    maxRuns: config.SANDFLEET_NODEJS_RUNS,
    outputLimit: config.SANDFLEET_NODEJS_OUTPUT_BYTES,
  });
  const fileTurns = createFileTurns();
  const kernels = new Kernels(context);
  const carrier = createCarrier(context);
  const browser = createBrowserSession(context);
  const tools: readonly Tool[] = [
    authTool(context),
    sandboxTool(context),
    packagesTool(context),
    observeTool(context),
    hooksTool(context),
    servicesTool(context),
    shellTool(context),
    bashTool(context),
    browserControlTool(context, browser),
    browserTabsTool(context, browser),
    browserCookiesTool(context, browser),
    browserStateTool(context, browser),
    browserNetworkTool(context, browser),
    browserCaptchaTool(context, browser),
    browserPageTool(context, browser),
    displayTool(context),
    vncTool(context),
    fileTool(context, fileTurns),
    editorTool(context, fileTurns),
    fileWatchTool(context),
    jupyterTool(context, kernels),
    skillsTool(context),
    utilTool(context),
    proxyTool(context),
    nodejsTool(context, nodeRuns),
    codeTool(context, { python: kernels, node: nodeRuns }),
    cdpTool(context, carrier),
    editorsTool(context, carrier),
    previewTool(context, carrier),
  ];
  const withMcp = [...tools, mcpTool(context, tools)];
  return [...withMcp, pagesTool(context, withMcp)];
}
