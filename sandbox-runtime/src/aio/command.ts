import type { Contract } from '@sandfleet/contract';
import * as runtime from '@sandfleet/contract/runtime';

/** One command: an operation of the contract under a name for people, from which its options come. */
export interface Command {
  /** Words behind the group: `tabs open`. */
  readonly name: string;
  readonly operation: string;
  /**
   * Fields that are given by their place. `selector|index`: digits are the second. A list takes all that is left; `*` takes
   * `name=value` pairs as the whole body.
   */
  readonly places?: readonly string[];
  /** Fields that the name already says. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** The operation's own when left out. */
  readonly summary?: string;
  /** What follows `aio GROUP NAME`. */
  readonly examples?: readonly string[];
  /** The answer is more than its `data`. */
  readonly isWhole?: true;
  /** Asked of each of these when its first place is left out. */
  readonly each?: string;
  /** A local file of this ending at this field is sent along. */
  readonly upload?: { readonly field: string; readonly ending: string };
}

export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** Every operation that a command may stand for. */
export const OPERATIONS: Contract = {
  ...runtime.browserCaptchaContract,
  ...runtime.browserControlContract,
  ...runtime.browserCookiesContract,
  ...runtime.browserDisplayContract,
  ...runtime.browserNetworkContract,
  ...runtime.browserPageContract,
  ...runtime.browserStateContract,
  ...runtime.browserTabsContract,
  ...runtime.displayContract,
  ...runtime.hooksContract,
  ...runtime.mcpContract,
  ...runtime.observeContract,
  ...runtime.previewContract,
  ...runtime.sandboxContract,
  ...runtime.sandboxPackagesContract,
  ...runtime.servicesContract,
  ...runtime.skillsContract,
};
