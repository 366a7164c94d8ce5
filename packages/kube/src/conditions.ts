/** A condition as every kind has it (`metav1.Condition`). */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export type ConditionInput = Omit<Condition, 'lastTransitionTime'>;

/**
 * The conditions with this one set. `lastTransitionTime` moves only when the status does: else each pass would write
 * a new status, wake the controller by its own write, and never come to rest.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  input: ConditionInput,
  now: Date,
): readonly Condition[] {
  const others = (conditions ?? []).filter((condition) => condition.type !== input.type);
  const previous = findCondition(conditions, input.type);
  const unchanged = previous !== undefined && previous.status === input.status;
  const next: Condition = { ...input, lastTransitionTime: unchanged ? previous.lastTransitionTime : wholeSeconds(now) };
  return [...others, next].sort((a, b) => (a.type < b.type ? -1 : 1));
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function removeCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** `metav1.Time` has whole seconds; with more, what is read back would differ from what was written. */
export function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
