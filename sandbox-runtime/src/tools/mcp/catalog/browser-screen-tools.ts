import { asList, asObject, browserTool, textOf, type ToolDefinition } from './tool-definition.ts';

/** The screen that the browser is on, and the browser as a whole. */
export const browserScreenTools: readonly ToolDefinition[] = [
  browserTool('browser_get_info', 'GET /v1/browser/info', { title: 'Describe the browser', effect: 'reads' }),
  browserTool('browser_screen_screenshot', 'GET /v1/browser/screenshot', {
    title: 'Take a picture of the screen',
    effect: 'reads',
  }),
  browserTool('browser_screen_action', 'POST /v1/browser/actions', {
    title: 'Use mouse and keyboard on the screen',
    effect: 'acts',
    openWorld: true,
    // Some clients send the action as one argument.
    prepare: ({ action, ...args }) => ({ ...asObject(action), ...args }),
  }),
  browserTool('browser_set_resolution', 'POST /v1/browser/config', {
    title: 'Set the size of the screen',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_record_screen', 'POST /v1/display/record', { title: 'Record the screen', effect: 'acts', hidden: true }),
  browserTool('browser_restart', 'POST /v1/browser/restart', { title: 'Restart the browser', effect: 'destroys', hidden: true }),
  browserTool('browser_get_download_list', 'POST /v1/file/list', {
    title: 'List the downloads',
    description: 'Files that the browser has downloaded, the newest first.',
    effect: 'reads',
    input: { type: 'object', properties: {} },
    run: async (_, call) => {
      const folder = `${textOf((await call('GET /v1/sandbox', {}))['home_dir'])}/Downloads`;
      const { data } = await call('POST /v1/file/glob', {
        path: folder,
        pattern: '*',
        sort_by: 'modified',
        sort_desc: true,
      }).catch(
        // The folder comes with the first download.
        () => ({ data: {} }),
      );
      const downloads = asList(asObject(data)['files']).map((file) => {
        const { name, path, size, modified_time } = asObject(file);
        return { filename: name, path, size, modified_time };
      });
      return {
        text: downloads.map(({ path, size }) => `${path} (${size} bytes)`).join('\n') || 'No downloads.',
        data: { downloads },
      };
    },
  }),
  browserTool('browser_get_cookies', 'GET /v1/browser/cookies', { title: 'List the cookies', effect: 'reads', hidden: true }),
  browserTool('browser_set_cookies', 'POST /v1/browser/cookies', { title: 'Set cookies', effect: 'sets', hidden: true }),
  browserTool('browser_clear_cookies', 'DELETE /v1/browser/cookies', {
    title: 'Remove all cookies',
    effect: 'destroys',
    hidden: true,
  }),
  browserTool('browser_save_state', 'POST /v1/browser/state/save', {
    title: 'Save logins to a file',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_load_state', 'POST /v1/browser/state/load', {
    title: 'Load logins from a file',
    effect: 'destroys',
    hidden: true,
  }),
  browserTool('browser_get_requests', 'GET /v1/browser/network/requests', {
    title: 'List the requests of the page',
    effect: 'reads',
  }),
  browserTool('browser_set_headers', 'POST /v1/browser/network/headers', {
    title: 'Set headers of all requests',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_set_scoped_headers', 'POST /v1/browser/network/scoped_headers', {
    title: 'Set headers of requests to one origin',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_add_route', 'POST /v1/browser/network/route', {
    title: 'Answer requests in place of the network',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_remove_route', 'DELETE /v1/browser/network/route', {
    title: 'Remove a route',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_export_har', 'POST /v1/browser/network/export_har', {
    title: 'Save the requests as HAR',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_detect_captcha', 'GET /v1/browser/captcha/detect', {
    title: 'Look for a CAPTCHA',
    effect: 'reads',
    hidden: true,
  }),
  browserTool('browser_wait_captcha', 'POST /v1/browser/captcha/wait', {
    title: 'Wait until a CAPTCHA is solved',
    effect: 'reads',
    hidden: true,
  }),
];
