import { microTime } from './lease-record.ts';
import type { KubeObject } from './object.ts';
import type { Event } from './resources.ts';

export interface EventInput {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** Why, in CamelCase: `PodCreated`. */
  readonly reason: string;
  /** What the controller was doing, in CamelCase: `Reconcile`. */
  readonly action: string;
  /** For people. The same happening must have the same note, or its repeats will not be counted together. */
  readonly note: string;
}

export interface Reporter {
  readonly controller: string;
  readonly instance: string;
}

// Limits of the API server: beyond them it refuses the event.
const NOTE_BYTES = 1024;
const FIELD_LENGTH = 128;
const NAME_LENGTH = 253;

/** The event as it is created for the first occurrence. `suffix` makes its name unlike that of any other event. */
export function buildEvent(
  { regarding, type, reason, action, note }: EventInput,
  reporter: Reporter,
  now: Date,
  suffix: string,
): Event {
  const { apiVersion, kind, metadata } = regarding;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      // A cluster-scoped object's events live in the default namespace; the API server insists.
      namespace: namespace ?? 'default',
      name: `${name.slice(0, NAME_LENGTH - suffix.length - 1).replace(/[^a-z0-9]+$/, '')}.${suffix}`,
    },
    eventTime: microTime(now),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, FIELD_LENGTH),
    regarding: {
      apiVersion,
      kind,
      name,
      ...(namespace ? { namespace } : {}),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
    type,
    reason: reason.slice(0, FIELD_LENGTH),
    action: action.slice(0, FIELD_LENGTH),
    note: cutToBytes(note, NOTE_BYTES),
  };
}

/** What makes two occurrences the same happening. */
export function seriesKeyOf({ regarding, type, reason, action, note }: EventInput): string {
  const { kind, metadata } = regarding;
  return JSON.stringify([kind, metadata.namespace, metadata.name, metadata.uid, type, reason, action, note.slice(0, NOTE_BYTES)]);
}

function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= most) return text;
  // A cut within a character decodes to a replacement character, which is longer than what it stands for.
  return `${bytes
    .subarray(0, most - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}
