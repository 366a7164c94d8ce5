import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BrowserAction } from './browser-actions.ts';
import { envelope } from './envelope.ts';

/** The sizes that the screen can have, width by height. */
export const RESOLUTIONS = [
  '1920x1200',
  '1920x1080',
  '1680x1050',
  '1600x1200',
  '1400x1050',
  '1360x768',
  '1280x1024',
  '1280x960',
  '1280x800',
  '1280x720',
  '1024x768',
  '800x600',
  '640x480',
] as const;

export const ActionData = Type.Object({
  status: Type.Enum(['success']),
  action_performed: Type.String({ description: 'The action_type that was done' }),
});
export type ActionData = Static<typeof ActionData>;

export const Resolution = Type.Object({
  width: Type.Integer({ exclusiveMinimum: 0, maximum: 65_535, description: 'Pixels' }),
  height: Type.Integer({ exclusiveMinimum: 0, maximum: 65_535, description: 'Pixels' }),
});

const dataOrNull = <T extends Parameters<typeof envelope>[0]>(data: T) => Type.Union([data, Type.Null()]);

export const browserDisplayContract = defineContract({
  browser_screenshot: {
    method: 'GET',
    path: '/v1/browser/screenshot',
    tag: 'browser',
    summary: 'A picture of the whole screen',
    description:
      'Starts the screen and the browser when they do not run. The pointer is not in the picture. x-screen-width and ' +
      'x-screen-height tell the size of the screen, x-image-width and x-image-height that of the picture, which is the same.',
    querystring: Type.Object({
      format: Type.Optional(Type.Enum(['png', 'jpg', 'jpeg'], { default: 'png' })),
      quality: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 100, description: 'Of a JPEG, 80 when left out; a PNG is always exact' }),
      ),
    }),
    produces: ['image/png', 'image/jpeg'],
    errors: ['SERVICE_DISABLED', 'SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
  },
  browser_execute_action: {
    method: 'POST',
    path: '/v1/browser/actions',
    tag: 'browser',
    summary: 'Do with pointer or keyboard what one who sits at the screen would',
    description:
      'Actions come one after the other, in the order of their arrival, wherever they are sent from. Places beyond the edges of ' +
      'the screen are refused with success false, and nothing is done. CLICK, RIGHT_CLICK and DOUBLE_CLICK without x and y are ' +
      'where the pointer is; DRAG_TO and DRAG_REL begin there. What MOUSE_DOWN or KEY_DOWN presses stays pressed until it is ' +
      'released. TYPING pastes by default: any text arrives as it is, and the text that was copied before is there again ' +
      'afterwards (pictures and other forms are not). Without use_clipboard each character is typed; `\\n` is Enter, `\\t` Tab.',
    body: BrowserAction,
    response: Type.Object({
      ...envelope(dataOrNull(ActionData)).properties,
      status: Type.Optional(Type.Enum(['success'], { description: 'The same as in data' })),
      action_performed: Type.String({ default: '', description: 'The same as in data' }),
    }),
    errors: ['SERVICE_DISABLED', 'SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
  },
  browser_set_config: {
    method: 'POST',
    path: '/v1/browser/config',
    tag: 'browser',
    summary: 'Set the size of the screen',
    description:
      `One of ${RESOLUTIONS.join(', ')}; also as text, such as "1280x720". The windows follow. A screen that does not run gets ` +
      'the size when it starts. Without a resolution the answer tells the one there is. While the screen is recorded its size stays.',
    body: Type.Object({ resolution: Type.Optional(Resolution) }),
    bodyOptional: true,
    response: envelope(
      dataOrNull(
        Type.Object({ resolution: Resolution, width: Resolution.properties.width, height: Resolution.properties.height }),
      ),
    ),
    errors: ['SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
  },
});
