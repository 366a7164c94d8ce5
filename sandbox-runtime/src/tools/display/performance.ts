import type { XScreen } from './x-screen.ts';

/** What an action works with. */
export interface Performance {
  readonly screen: XScreen;
  readonly signal: AbortSignal;
  /** Resolves once the page that has the keyboard has done what the keys make it do, or hangs. */
  settledPages(): Promise<void>;
  /** A short note for the agent. */
  hint(sentence: string): void;
}
