/** One entry of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

/** The schema options that carry rules to the API server. */
export const rules = (...list: readonly ValidationRule[]) => ({ 'x-kubernetes-validations': list });

/** Refuses a field whose behaviour does not exist yet: better than to accept and ignore it. */
export const notYet = (parent: string, field: string, instead: string): ValidationRule => ({
  rule: `!has(self.${field})`,
  message: `${parent}.${field} is not supported by this version yet; ${instead}`,
  fieldPath: `.${field}`,
  reason: 'FieldValueForbidden',
});

/**
 * Refuses a change of an optional field. A transition rule on the field itself would not see it being added or removed, so
 * the rule belongs to the parent.
 */
export const immutable = (parent: string, field: string): ValidationRule => ({
  rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  message: `${parent}.${field} cannot change after creation, since a running pod cannot follow; create another sandbox instead`,
  fieldPath: `.${field}`,
  reason: 'FieldValueForbidden',
});
