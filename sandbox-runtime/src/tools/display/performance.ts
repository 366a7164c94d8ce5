import type { XScreen } from './x-screen.ts';

/** What an action works with. */
export interface Performance {
  readonly screen: XScreen;
  readonly signal: AbortSignal;
  /** A short note for the agent. */
  hint(sentence: string): void;
}
