import { ApiError } from '@sandfleet/contract';
import type { SandboxHook } from '@sandfleet/contract/runtime';

export const ENV_HOOK = 'RUN_HOOK_SHUTDOWN';
const MAX_HOOKS = 64;

/** The shutdown hooks there are, by name. */
export class ShutdownHooks {
  readonly #hooks = new Map<string, SandboxHook>();
  #sealed = false;

  constructor(fixed: readonly SandboxHook[]) {
    for (const hook of fixed) this.#hooks.set(hook.name, hook);
  }

  /** @throws ApiError when the name belongs to the environment, there are too many, or they run already. */
  set(hook: SandboxHook): void {
    this.#refuseFixed(hook.name);
    if (this.#sealed) throw new ApiError('CONFLICT', { message: 'The sandbox is stopping: its hooks are running.' });
    if (this.#hooks.size >= MAX_HOOKS && !this.#hooks.has(hook.name))
      throw new ApiError('CONFLICT', { message: `There are ${MAX_HOOKS} hooks already; remove one first.` });
    this.#hooks.set(hook.name, hook);
  }

  /** @throws ApiError when there is none of this name, or it belongs to the environment. */
  remove(name: string): SandboxHook {
    const hook = this.#hooks.get(name);
    if (hook === undefined) throw new ApiError('NOT_FOUND', { message: `There is no hook ${name}.` });
    this.#refuseFixed(name);
    this.#hooks.delete(name);
    return hook;
  }

  /** In the order in which they run. */
  list(): readonly SandboxHook[] {
    return [...this.#hooks.values()].toSorted((a, b) => a.priority - b.priority);
  }

  /** The hooks in steps, each to be run at once. None can be added from now on. */
  seal(): readonly (readonly SandboxHook[])[] {
    this.#sealed = true;
    const steps = new Map<number, SandboxHook[]>();
    for (const hook of this.list()) steps.set(hook.priority, [...(steps.get(hook.priority) ?? []), hook]);
    return [...steps.values()];
  }

  #refuseFixed(name: string): void {
    if (this.#hooks.get(name)?.source === 'env')
      throw new ApiError('CONFLICT', { message: `The hook ${name} belongs to the environment of the sandbox.` });
  }
}
