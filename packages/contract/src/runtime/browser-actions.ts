import { Type, type Static, type TObject } from 'typebox';

const coordinate = (description: string) => Type.Number({ minimum: -100_000, maximum: 100_000, description });
const x = coordinate('Pixels from the left edge of the screen');
const y = coordinate('Pixels from the top edge of the screen');
const xOffset = coordinate('Pixels to the right of where the pointer is; negative is to the left');
const yOffset = coordinate('Pixels below where the pointer is; negative is above');
const place = {
  x: Type.Optional(coordinate('Pixels from the left edge of the screen; where the pointer is when both are left out')),
  y: Type.Optional(coordinate('Pixels from the top edge of the screen; where the pointer is when both are left out')),
};
const button = Type.Optional(Type.Enum(['left', 'right', 'middle'], { default: 'left' }));
const notches = (description: string) =>
  Type.Optional(Type.Integer({ minimum: -10_000, maximum: 10_000, default: 0, description }));
const key = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'A character, or the name of a key: enter, Return, ctrl, Control_L, PageUp, F5, KP_Enter, U20AC',
});

/** What one who sits at the screen can do, by the name that `action_type` has for it. */
const FIELDS = {
  MOVE_TO: Type.Object({ x, y }),
  MOVE_REL: Type.Object({ x_offset: xOffset, y_offset: yOffset }),
  CLICK: Type.Object({
    ...place,
    button,
    num_clicks: Type.Optional(Type.Integer({ minimum: 1, maximum: 3, default: 1, description: 'Clicks: 2 is a double click' })),
  }),
  MOUSE_DOWN: Type.Object({ button }),
  MOUSE_UP: Type.Object({ button }),
  RIGHT_CLICK: Type.Object(place),
  DOUBLE_CLICK: Type.Object(place),
  DRAG_TO: Type.Object({ x, y }),
  DRAG_REL: Type.Object({ x_offset: xOffset, y_offset: yOffset }),
  SCROLL: Type.Object({
    dx: notches('Notches of the wheel: positive to the right, negative to the left'),
    dy: notches('Notches of the wheel: positive up, negative down'),
  }),
  TYPING: Type.Object({
    text: Type.String({ minLength: 1, maxLength: 500_000 }),
    use_clipboard: Type.Optional(
      Type.Boolean({ default: true, description: 'Paste with Ctrl+V, which is exact and quick; else key by key' }),
    ),
  }),
  PRESS: Type.Object({ key }),
  KEY_DOWN: Type.Object({ key }),
  KEY_UP: Type.Object({ key }),
  HOTKEY: Type.Object({
    keys: Type.Array(key, { minItems: 1, maxItems: 8, description: 'Pressed in this order, released in the opposite one' }),
  }),
  WAIT: Type.Object({ duration: Type.Number({ exclusiveMinimum: 0, maximum: 300, description: 'Seconds' }) }),
} as const satisfies Record<string, TObject>;

export const ACTION_TYPES = Object.keys(FIELDS) as readonly ActionType[];
export type ActionType = keyof typeof FIELDS;
/** The fields that an action has, each with what was sent. */
export type ActionOf<T extends ActionType> = { readonly action_type: T } & Readonly<Static<(typeof FIELDS)[T]>>;
export type BrowserAction = { readonly [T in ActionType]: ActionOf<T> }[ActionType];

/**
 * One object with conditions rather than a union: a refused field is then named with its action's own rule, not with those of
 * fifteen actions that nobody meant.
 */
export const BrowserAction = Type.Unsafe<BrowserAction>({
  type: 'object',
  properties: { action_type: { type: 'string', enum: ACTION_TYPES, description: 'What to do; it decides on the other fields' } },
  required: ['action_type'],
  allOf: Object.entries(FIELDS).map(([name, schema]) => ({
    if: { properties: { action_type: { const: name } }, required: ['action_type'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: schema,
  })),
});
