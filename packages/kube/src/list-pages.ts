import type { KubeClient, Selection } from './client.ts';
import { isGone } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import type { ResourceType } from './resource-type.ts';

export interface ListPagesOptions extends Selection {
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/** Gets each page. With the first of a list that starts over, nothing of the pages before it counts any more. */
export type OnPage<T> = (items: readonly T[], isFirst: boolean) => void;

/**
 * Lists in pages, each given to `onPage`; resolves with the resourceVersion that a watch goes on from. A continue token lives
 * for some minutes only: when it ends in between, the list starts over, the second time in one piece, which cannot expire.
 */
export async function listPages<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  options: ListPagesOptions,
  onPage: OnPage<T>,
): Promise<string> {
  for (let expired = 0; ; expired += 1) {
    try {
      return await listOnce(client, type, { ...options, pageSize: expired < 2 ? options.pageSize : 0 }, onPage);
    } catch (error) {
      if (!isGone(error) || expired >= 2) throw error;
    }
  }
}

async function listOnce<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  { pageSize, ...options }: ListPagesOptions,
  onPage: OnPage<T>,
): Promise<string> {
  let continueToken: string | undefined;
  for (;;) {
    const page = await client.list(type, { ...options, limit: pageSize || undefined, continueToken, timeoutSeconds: 60 });
    onPage(page.items, continueToken === undefined);
    continueToken = page.metadata.continue;
    // All pages of one list have the resourceVersion of the first: the watch starts there, and tells what changed meanwhile.
    if (!continueToken) return page.metadata.resourceVersion;
  }
}
