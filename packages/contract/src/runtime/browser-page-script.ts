import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';
import { PAGE_PATH, PAGE_TAG, PageState, pageTimeout, savePath } from './browser-page-fields.ts';

export const WAIT_TYPES = [
  'selector',
  'load',
  'url',
  'network_idle',
  'download',
  'function',
  'response',
  'request',
  'timeout',
] as const;
export type WaitType = (typeof WAIT_TYPES)[number];
export const WAIT_STATES = ['visible', 'hidden', 'attached', 'detached', 'load', 'domcontentloaded', 'networkidle'] as const;

export const RECORD_ACTIONS = ['once', 'start', 'pause', 'resume', 'stop', 'status'] as const;

export const PageRecording = Type.Object({
  status: Type.Enum(['idle', 'recording', 'paused', 'finished', 'failed']),
  path: Type.Optional(Type.String()),
  /** Of the recording, without its pauses. */
  duration: Type.Optional(Type.Number({ description: 'Seconds of film so far, pauses left out' })),
  fps: Type.Optional(Type.Integer()),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
  frames: Type.Optional(Type.Integer()),
  size: Type.Optional(Type.Integer({ description: 'Bytes' })),
  error: Type.Optional(Type.String()),
});
export type PageRecording = Static<typeof PageRecording>;

export const browserPageScriptContract = defineContract({
  browser_page_evaluate: {
    method: 'POST',
    path: `${PAGE_PATH}/evaluate`,
    tag: PAGE_TAG,
    summary: 'Run JavaScript on the page',
    description:
      'An expression, a function (it is called), or statements, of which the last has the value; await works, and a promise is ' +
      'waited for. The value comes as JSON: undefined is null, an element its tag, what does not end is ' +
      'cut. Code that throws, or ' +
      'that does not end in time, is success: false; an endless loop is stopped.',
    body: Type.Object({
      expression: Type.String({ minLength: 1, maxLength: 1_000_000, description: 'Also named script' }),
      timeout: pageTimeout('until the value must be there'),
    }),
    response: browserAnswer(Type.Unknown()),
    errors: BROWSER_ERRORS,
  },
  browser_page_wait: {
    method: 'POST',
    path: `${PAGE_PATH}/wait`,
    tag: PAGE_TAG,
    summary: 'Wait for something',
    description:
      'selector: {selector, state: visible|hidden|attached|detached} · load: {state: load|domcontentloaded|networkidle} · ' +
      'url: {url} · network_idle: no request for half a second · download: {save_path}, also of one that ' +
      'began a moment before · ' +
      'function: {expression, polling} until it is true · response, request: {url_pattern} of one that ' +
      'comes · timeout: that long. ' +
      'In addresses * stands for anything; without one, a part of the address is enough.',
    body: Type.Object({
      type: Type.Enum([...WAIT_TYPES]),
      selector: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
      state: Type.Optional(Type.Enum([...WAIT_STATES], { description: 'visible for a selector, load for load when left out' })),
      url: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
      save_path: Type.Optional(savePath('Where the download goes, a file or a folder; where downloads go when left out')),
      timeout: pageTimeout('to wait at most; of type timeout the seconds to wait'),
      expression: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000_000 })),
      polling: Type.Optional(
        Type.Number({ minimum: 10, maximum: 60_000, description: 'Milliseconds between two looks; 100 when left out' }),
      ),
      url_pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
    }),
    response: browserAnswer(PageState),
    errors: BROWSER_ERRORS,
  },
  browser_page_record: {
    method: 'POST',
    path: `${PAGE_PATH}/record`,
    tag: PAGE_TAG,
    summary: 'Film the page',
    description:
      'once: films for duration and answers with the file. start, pause, resume, stop: the same in steps; ' +
      'stop answers when the ' +
      'file is complete. One film at a time. The name’s end chooses the form: .mp4, .webm or .gif.',
    body: Type.Object({
      action: Type.Optional(Type.Enum([...RECORD_ACTIONS], { default: 'once' })),
      save_path: Type.Optional(savePath('File in the sandbox; one below /tmp/recordings when left out')),
      duration: Type.Optional(
        Type.Number({ exclusiveMinimum: 0, maximum: 600, default: 10, description: 'Seconds; for once alone' }),
      ),
      fps: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 15, description: 'Images a second' })),
      quality: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 80 })),
    }),
    bodyOptional: true,
    response: browserAnswer(PageRecording),
    errors: BROWSER_ERRORS,
  },
});
