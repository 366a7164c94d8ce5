import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';
import { PAGE_PATH, PAGE_TAG, savePath } from './browser-page-fields.ts';

export const PageElement = Type.Object(
  {
    index: Type.Integer({ description: 'For click, hover, fill and fill_form' }),
    tag: Type.String(),
    text: Type.String({ description: 'What a person would call it: text, label or placeholder' }),
    selector: Type.String({ description: 'Matches this element' }),
    x: Type.Number(),
    y: Type.Number(),
    width: Type.Number(),
    height: Type.Number(),
    in_viewport: Type.Boolean(),
  },
  { additionalProperties: true },
);

export const ConsoleMessage = Type.Object({
  type: Type.String({ description: 'log, warning, error, … or pageerror: an exception that nobody caught' }),
  text: Type.String(),
  timestamp: Type.Number({ description: 'Seconds since 1970' }),
  url: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
});
export type ConsoleMessage = Static<typeof ConsoleMessage>;

export const PageMarkdown = Type.Object({
  content: Type.String(),
  markdown: Type.String({ description: 'The same as content' }),
  title: Type.String(),
  url: Type.String(),
  truncated: Type.Optional(Type.Boolean()),
});

export const TextOccurrence = Type.Object(
  {
    index: Type.Integer(),
    text: Type.String({ description: 'As the page writes it' }),
    context: Type.String({ description: 'With what stands around it' }),
    tag: Type.String({ description: 'Of the innermost element with all of it' }),
    selector: Type.String({ description: 'Of that element' }),
    x: Type.Number(),
    y: Type.Number(),
    width: Type.Number(),
    height: Type.Number(),
    in_viewport: Type.Boolean(),
  },
  { additionalProperties: true },
);

const read = <const N extends string>(name: N, summary: string) =>
  ({ method: 'GET', path: `${PAGE_PATH}/${name}`, tag: PAGE_TAG, summary, errors: BROWSER_ERRORS }) as const;

export const browserPageContentContract = defineContract({
  browser_page_screenshot: {
    ...read('screenshot', 'Image of the page'),
    description:
      'Size in x-image-width and x-image-height. Of a page that is very large it shows the beginning; x-truncated: true says so.',
    querystring: Type.Object({
      full_page: Type.Optional(Type.Boolean({ default: false, description: 'All of it rather than what is visible' })),
      format: Type.Optional(Type.Enum(['png', 'jpeg', 'jpg'], { default: 'png' })),
      quality: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Of JPEG; 80 when left out' })),
    }),
    produces: ['image/png', 'image/jpeg'],
    errors: [...BROWSER_ERRORS, 'UPSTREAM_FAILED', 'UPSTREAM_TIMEOUT'],
  },
  browser_page_html: {
    ...read('html', 'HTML of the page as it stands now'),
    querystring: Type.Object({
      outer: Type.Optional(
        Type.Boolean({ default: false, description: 'The whole document with doctype and html element, not just what is in it' }),
      ),
    }),
    response: browserAnswer(Type.String()),
  },
  browser_page_text: { ...read('text', 'Visible text of the page, frames included'), response: browserAnswer(Type.String()) },
  browser_page_markdown: {
    ...read('markdown', 'The page as Markdown'),
    description: 'Of what is visible, without scripts and styles; links are absolute, tables stay tables.',
    response: browserAnswer(PageMarkdown),
  },
  browser_page_elements: {
    ...read('elements', 'Elements that a person could use, with an index each'),
    description: 'Links, buttons, fields and the like that are visible, in all frames and open shadow roots.',
    response: browserAnswer(Type.Array(PageElement)),
  },
  browser_page_console: {
    ...read('console', 'Messages of the page’s console'),
    description: 'The last thousand of the tab, exceptions included.',
    querystring: Type.Object({
      clear: Type.Optional(Type.Boolean({ default: false, description: 'Forget them after this' })),
    }),
    response: browserAnswer(Type.Array(ConsoleMessage)),
  },
  browser_page_console_export: {
    method: 'POST',
    path: `${PAGE_PATH}/console/export`,
    tag: PAGE_TAG,
    summary: 'Write the messages of the console to a file',
    body: Type.Object({
      save_path: savePath('JSON file in the sandbox; its folder is made'),
      clear: Type.Optional(Type.Boolean({ default: false })),
    }),
    response: browserAnswer(Type.Object({ path: Type.String(), count: Type.Integer() })),
    errors: BROWSER_ERRORS,
  },
  browser_page_find_text: {
    method: 'POST',
    path: `${PAGE_PATH}/find_text`,
    tag: PAGE_TAG,
    summary: 'Where a text occurs on the page',
    description: 'Upper and lower case count as the same, any white space as one space. At most 500 occurrences.',
    body: Type.Object({ keyword: Type.String({ minLength: 1, maxLength: 1000 }) }),
    response: browserAnswer(Type.Array(TextOccurrence)),
    errors: BROWSER_ERRORS,
  },
});
