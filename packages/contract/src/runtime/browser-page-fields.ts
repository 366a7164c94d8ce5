import { Type } from 'typebox';

export const PAGE_TAG = 'browser/page';
export const PAGE_PATH = '/v1/browser/page';

/** The answer of an action: where the page stands after it, and what the action found. */
export const PageState = Type.Object({ url: Type.String() }, { additionalProperties: true });

export const selector = Type.String({
  minLength: 1,
  maxLength: 4096,
  description:
    'CSS selector, or one of Playwright’s: text=, role=, xpath=, //… It reaches into open shadow roots and all frames; ' +
    'the first visible match counts',
});
export const elementIndex = Type.Integer({
  minimum: 0,
  maximum: 100_000,
  description: 'Index of the last list of elements; it holds until the next list or the next document',
});
const coordinate = (axis: string) =>
  Type.Number({ minimum: -1_000_000, maximum: 1_000_000, description: `CSS pixels from the ${axis} edge of the visible page` });
export const pointX = coordinate('left');
export const pointY = coordinate('top');

export const actionTimeout = Type.Optional(
  Type.Number({
    exclusiveMinimum: 0,
    maximum: 600,
    description: 'Seconds to wait for the element to be there, visible and enabled; a setting of the sandbox when left out',
  }),
);
export const pageTimeout = (what: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 600, default: 30, description: `Seconds ${what}` }));
export const savePath = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description });
