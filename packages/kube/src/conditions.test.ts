import { describe, expect, it } from 'vitest';
import { type Condition, isTrue, removeCondition, setCondition } from './conditions.ts';

const then = new Date('2026-01-01T00:00:00.500Z');
const now = new Date('2026-01-02T00:00:00.999Z');
const ready = { type: 'Ready', status: 'True', reason: 'PodReady', message: 'The pod is ready.' } as const;

function conditions(): readonly Condition[] {
  return setCondition(undefined, ready, then);
}

describe('setCondition()', () => {
  it('starts with the time of now, in whole seconds', () => {
    expect(conditions()).toEqual([{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  });

  it('keeps the time when only the reason changes', () => {
    const next = setCondition(conditions(), { ...ready, reason: 'Other', observedGeneration: 2 }, now);
    expect(next).toEqual([{ ...ready, reason: 'Other', observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  });

  it('moves the time when the status changes', () => {
    const next = setCondition(conditions(), { ...ready, status: 'False' }, now);
    expect(next[0]?.lastTransitionTime).toBe('2026-01-02T00:00:00Z');
  });

  it('leaves the others alone and sorts by type, so that equal conditions are equal values', () => {
    const paused = { ...ready, type: 'Paused' };
    const a = setCondition(setCondition([], ready, then), paused, then);
    const b = setCondition(setCondition([], paused, then), ready, then);
    expect(a).toEqual(b);
    expect(a.map(({ type }) => type)).toEqual(['Paused', 'Ready']);
  });

  it('does not change what it is given', () => {
    const before = conditions();
    setCondition(before, { ...ready, status: 'False' }, now);
    expect(before).toEqual(conditions());
  });
});

describe('isTrue() and removeCondition()', () => {
  it('sees a condition that is there and True', () => {
    expect(isTrue(conditions(), 'Ready')).toBe(true);
    expect(isTrue(removeCondition(conditions(), 'Ready'), 'Ready')).toBe(false);
    expect(isTrue(setCondition(conditions(), { ...ready, status: 'Unknown' }, now), 'Ready')).toBe(false);
    expect(isTrue(undefined, 'Ready')).toBe(false);
  });
});
