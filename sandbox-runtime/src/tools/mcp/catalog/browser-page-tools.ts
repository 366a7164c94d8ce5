import { activeTab, scroll, selectorOf } from './browser-steps.ts';
import {
  asList,
  asObject,
  browserTool,
  showing,
  shown,
  type Answer,
  type Presented,
  type ToolDefinition,
} from './tool-definition.ts';

const index = { type: 'integer', minimum: 0, description: 'Number of the element in the last list of browser_get_elements' };
const selector = { type: 'string', minLength: 1, maxLength: 4096, description: 'CSS selector of the element' };

const LINKS =
  '[...document.querySelectorAll("a[href]")].slice(0, 2000)' +
  '.map((a) => ({ text: (a.innerText || a.title || "").trim().slice(0, 500), href: a.href }))';

/** The page layer: what a reader and a keyboard do in the active tab. */
export const browserPageTools: readonly ToolDefinition[] = [
  browserTool('browser_navigate', 'POST /v1/browser/page/navigate', { title: 'Open a page', effect: 'acts', openWorld: true }),
  browserTool('browser_go_back', 'POST /v1/browser/page/back', { title: 'Go back', effect: 'acts' }),
  browserTool('browser_go_forward', 'POST /v1/browser/page/forward', { title: 'Go forward', effect: 'acts' }),
  browserTool('browser_reload', 'POST /v1/browser/page/reload', {
    title: 'Load the page again',
    effect: 'acts',
    openWorld: true,
  }),
  browserTool('browser_get_elements', 'GET /v1/browser/page/elements', {
    title: 'List what can be clicked',
    effect: 'reads',
    present: elementLines,
  }),
  browserTool('browser_click', 'POST /v1/browser/page/click', { title: 'Click', effect: 'acts', openWorld: true }),
  browserTool('browser_fill', 'POST /v1/browser/page/fill', {
    title: 'Fill in a field',
    effect: 'sets',
    also: { value: 'text' },
  }),
  browserTool('browser_type', 'POST /v1/browser/page/type', {
    title: 'Type',
    effect: 'acts',
    also: { content: 'text' },
    input: {
      type: 'object',
      properties: {
        text: { type: 'string', maxLength: 100_000 },
        selector: { ...selector, description: 'CSS selector of an element to click first; what has the focus when left out' },
        index,
        delay: { type: 'number', minimum: 0, maximum: 1000, default: 0, description: 'Milliseconds between keys' },
      },
      required: ['text'],
    },
    run: async ({ selector, index, text, delay }, call) => {
      if (selector !== undefined || index !== undefined) await call('POST /v1/browser/page/click', { selector, index });
      const { data } = await call('POST /v1/browser/page/type', { text, delay });
      return { text: 'Typed.', data };
    },
  }),
  browserTool('browser_press_key', 'POST /v1/browser/page/press_key', { title: 'Press a key', effect: 'acts' }),
  browserTool('browser_hot_key', 'POST /v1/browser/page/hot_key', { title: 'Press keys together', effect: 'acts' }),
  browserTool('browser_hover', 'POST /v1/browser/page/hover', { title: 'Move the mouse over an element', effect: 'acts' }),
  browserTool('browser_select_option', 'POST /v1/browser/page/select_option', {
    title: 'Choose an option',
    effect: 'sets',
    input: {
      type: 'object',
      properties: {
        selector: { ...selector, description: 'CSS selector of the <select>' },
        index: {
          ...index,
          description: 'Number of the <select> in the last list of browser_get_elements, instead of a selector',
        },
        value: { type: 'string', maxLength: 4096, description: 'Value of the option' },
        label: { type: 'string', maxLength: 4096, description: 'Text of the option' },
        option_index: { type: 'integer', minimum: 0, description: 'Number of the option, from 0' },
      },
    },
    run: async ({ selector, index, value, label, option_index: option }, call) => {
      const at = await selectorOf({ selector, index }, call);
      const { data } = await call('POST /v1/browser/page/select_option', { selector: at, value, label, index: option });
      return { text: 'The option is chosen.', data };
    },
  }),
  browserTool('browser_check', 'POST /v1/browser/page/check', { title: 'Tick a checkbox', effect: 'sets' }),
  browserTool('browser_uncheck', 'POST /v1/browser/page/uncheck', { title: 'Untick a checkbox', effect: 'sets' }),
  browserTool('browser_fill_form', 'POST /v1/browser/page/fill_form', { title: 'Fill in a form', effect: 'sets' }),
  browserTool('browser_upload_file', 'POST /v1/browser/page/upload_file', { title: 'Choose files to upload', effect: 'sets' }),
  browserTool('browser_scroll', 'POST /v1/browser/page/scroll', {
    title: 'Scroll',
    description:
      'Scrolls the page, or its largest part that can, by CSS pixels; a negative amount goes the other way. To the end of the ' +
      'page when neither amount nor direction is given.',
    effect: 'acts',
    run: scroll,
  }),
  browserTool('browser_scroll_to', 'POST /v1/browser/page/scroll_to', {
    title: 'Scroll to a point',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_scroll_to_element', 'POST /v1/browser/page/scroll_to_element', {
    title: 'Scroll to an element',
    effect: 'sets',
  }),
  browserTool('browser_screenshot', 'GET /v1/browser/page/screenshot', {
    title: 'Take a picture of the page',
    effect: 'reads',
    also: { fullPage: 'full_page' },
  }),
  browserTool('browser_get_text', 'GET /v1/browser/page/text', { title: 'Read the page', effect: 'reads' }),
  browserTool('browser_get_markdown', 'GET /v1/browser/page/markdown', {
    title: 'Read the page as Markdown',
    effect: 'reads',
    present: showing('content'),
  }),
  browserTool('browser_get_html', 'GET /v1/browser/page/html', { title: 'Read the HTML of the page', effect: 'reads' }),
  browserTool('browser_read_links', 'POST /v1/browser/page/evaluate', {
    title: 'List the links of the page',
    description: 'Text and address of the links of the page, the first 2000 of them.',
    effect: 'reads',
    input: { type: 'object', properties: {} },
    run: async (_, call) => {
      const { data } = await call('POST /v1/browser/page/evaluate', { expression: LINKS });
      const links = asList(data);
      return {
        text: links.map((link) => `${shown(asObject(link)['href'])} ${shown(asObject(link)['text'])}`.trim()).join('\n'),
        data: { links },
      };
    },
  }),
  browserTool('browser_find_text', 'POST /v1/browser/page/find_text', {
    title: 'Find a text in the page',
    effect: 'reads',
    also: { text: 'keyword', query: 'keyword' },
  }),
  browserTool('browser_evaluate', 'POST /v1/browser/page/evaluate', {
    title: 'Run JavaScript in the page',
    effect: 'acts',
    openWorld: true,
    also: { script: 'expression', code: 'expression', function: 'expression' },
  }),
  browserTool('browser_wait', 'POST /v1/browser/page/wait', { title: 'Wait for the page', effect: 'reads' }),
  browserTool('browser_get_console', 'GET /v1/browser/page/console', { title: 'Read the console of the page', effect: 'reads' }),
  browserTool('browser_export_console', 'POST /v1/browser/page/console/export', {
    title: 'Save the console to a file',
    effect: 'sets',
    hidden: true,
  }),
  browserTool('browser_record', 'POST /v1/browser/page/record', { title: 'Record the page', effect: 'acts', hidden: true }),
  browserTool('browser_tab_list', 'GET /v1/browser/tabs', { title: 'List the tabs', effect: 'reads' }),
  browserTool('browser_new_tab', 'POST /v1/browser/tabs', { title: 'Open a tab', effect: 'acts', openWorld: true }),
  browserTool('browser_switch_tab', 'PUT /v1/browser/tabs/{index}/activate', {
    title: 'Bring a tab to the front',
    effect: 'sets',
  }),
  browserTool('browser_close_tab', 'DELETE /v1/browser/tabs/{index}', {
    title: 'Close a tab',
    description: 'Closes a tab; the active one when no index is given.',
    effect: 'destroys',
    input: {
      type: 'object',
      properties: { index: { type: 'integer', minimum: 0, description: 'Number of the tab in the list of tabs' } },
    },
    run: async ({ index }, call) => {
      const { data } = await call('DELETE /v1/browser/tabs/{index}', { index: index ?? (await activeTab(call)) });
      return { text: 'The tab is closed.', data };
    },
  }),
];

function elementLines({ data }: Answer): Presented {
  const lines = asList(data).map((entry) => {
    const { index, tag, role, text, type } = asObject(entry);
    const kind = [tag, type, role].filter((word) => typeof word === 'string' && word !== '').join(' ');
    return `[${shown(index)}] <${kind}> ${shown(text)}`.trim();
  });
  return { text: lines.join('\n'), data };
}
