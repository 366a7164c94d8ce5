import { Type, type Static } from 'typebox';

import { defineContract, type Operation } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';
import { actionTimeout, elementIndex, PAGE_PATH, PAGE_TAG, PageState, pointX, pointY, selector } from './browser-page-fields.ts';

const action = <const N extends string, B extends Operation['body']>(name: N, summary: string, body: B, description: string) => ({
  method: 'POST' as const,
  path: `${PAGE_PATH}/${name}`,
  tag: PAGE_TAG,
  summary,
  description,
  body,
  response: browserAnswer(PageState),
  errors: BROWSER_ERRORS,
});

const target = { selector: Type.Optional(selector), index: Type.Optional(elementIndex) };
const point = { x: Type.Optional(pointX), y: Type.Optional(pointY) };
const key = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'A character, or a name: Enter, ctrl, ArrowUp, page_down, Return, BackSpace, F5; case does not matter',
});
const files = Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
  maxItems: 100,
  description: 'Paths in the sandbox; none takes all away',
});

/** Of a form: which field by one of the first five, and what goes into it. */
export const FormItem = Type.Object({
  ...target,
  label: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'Text of the field’s label' })),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'name attribute' })),
  placeholder: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  text: Type.Optional(Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'], maxLength: 1_048_576 })),
  value: Type.Optional(
    Type.Unsafe<string | number | boolean>({
      type: ['string', 'number', 'boolean'],
      maxLength: 1_048_576,
      description: 'The same as text; of a check box true or false, of a list the value or label of an option',
    }),
  ),
  checked: Type.Optional(Type.Boolean({ description: 'Of check boxes and radio buttons' })),
  files: Type.Optional(files),
});
export type FormItem = Static<typeof FormItem>;

export const browserPageInputContract = defineContract({
  browser_page_click: action(
    'click',
    'Click an element or a point',
    Type.Object({
      ...target,
      ...point,
      button: Type.Optional(Type.Enum(['left', 'right', 'middle'], { default: 'left' })),
      click_count: Type.Optional(Type.Integer({ minimum: 1, maximum: 3, default: 1 })),
      timeout: actionTimeout,
    }),
    'By selector, by index, or at x and y, in this order. An element is scrolled into view; one that is covered is not clicked.',
  ),
  browser_page_fill: action(
    'fill',
    'Set the value of a field',
    Type.Object({
      ...target,
      text: Type.String({ maxLength: 1_048_576, description: 'Takes the place of what the field holds; also named value' }),
      timeout: actionTimeout,
    }),
    'Fields, text areas, editable elements; of a list it chooses the option with this value or label. ' +
      'Without selector and index ' +
      'it is the element that has the focus.',
  ),
  browser_page_type: action(
    'type',
    'Type text where the focus is',
    Type.Object({
      text: Type.String({ maxLength: 100_000, description: 'Key by key; a line break is Enter' }),
      delay: Type.Optional(Type.Number({ minimum: 0, maximum: 10_000, default: 0, description: 'Milliseconds between keys' })),
    }),
    'Text that would take longer than five minutes is refused: fill takes it at once.',
  ),
  browser_page_press_key: action(
    'press_key',
    'Press one key',
    Type.Object({ key }),
    'A chord such as ctrl+a is understood too. A character that no key has is put in as text.',
  ),
  browser_page_hot_key: action(
    'hot_key',
    'Press several keys together',
    Type.Object({ keys: Type.Array(key, { minItems: 1, maxItems: 8 }) }),
    'All but the last are held while the last is pressed.',
  ),
  browser_page_hover: action(
    'hover',
    'Move the pointer over an element or a point',
    Type.Object({ ...target, ...point, timeout: actionTimeout }),
    'By selector, by index, or at x and y.',
  ),
  browser_page_select_option: action(
    'select_option',
    'Choose an option of a list',
    Type.Object({
      selector,
      value: Type.Optional(Type.String({ maxLength: 65_536 })),
      label: Type.Optional(Type.String({ maxLength: 65_536, description: 'Text of the option' })),
      index: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, description: 'Place of the option, from 0' })),
      timeout: actionTimeout,
    }),
    'By value, label or place. The answer has what is selected then.',
  ),
  browser_page_check: action(
    'check',
    'Tick a check box or radio button',
    Type.Object({ selector, timeout: actionTimeout }),
    'One that is ticked stays so. Where a page draws its own box over a hidden one, the hidden one is found too.',
  ),
  browser_page_uncheck: action(
    'uncheck',
    'Untick a check box',
    Type.Object({ selector, timeout: actionTimeout }),
    'One that is not ticked stays so.',
  ),
  browser_page_upload_file: action(
    'upload_file',
    'Choose the files of a file field',
    Type.Object({ selector, files, timeout: actionTimeout }),
    'The selector is a file field, visible or not, its label, or whatever opens a file chooser when it is clicked.',
  ),
  browser_page_fill_form: action(
    'fill_form',
    'Fill several fields',
    Type.Object({
      items: Type.Array(FormItem, { minItems: 1, maxItems: 200 }),
      timeout: actionTimeout,
    }),
    'Each item names its field by selector, index, label, name or placeholder. A field that fails does ' +
      'not keep the others from ' +
      'being filled: success is false then, and data.results says of each how it went.',
  ),
  browser_page_scroll: {
    ...action(
      'scroll',
      'Scroll by an amount',
      Type.Object({
        direction: Type.Optional(Type.Enum(['up', 'down', 'left', 'right'], { default: 'down' })),
        amount: Type.Optional(Type.Integer({ minimum: -1_000_000, maximum: 1_000_000, default: 300, description: 'CSS pixels' })),
      }),
      'The page, or where the page itself can’t scroll, its largest part that can.',
    ),
    bodyOptional: true,
  },
  browser_page_scroll_to: {
    ...action(
      'scroll_to',
      'Scroll to a place of the page',
      Type.Object({
        x: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000, default: 0, description: 'CSS pixels' })),
        y: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000, default: 0, description: 'CSS pixels' })),
      }),
      'The end of the page where the place lies behind it.',
    ),
    bodyOptional: true,
  },
  browser_page_scroll_to_element: action(
    'scroll_to_element',
    'Scroll until an element is in view',
    Type.Object({ selector, timeout: actionTimeout }),
    'The answer has where the element is then.',
  ),
});
