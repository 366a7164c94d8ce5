/** Where JupyterLab believes to be. */
export const JUPYTER_BASE = '/jupyter';

/** What is never changed: it may come compressed. The list of kernels alone names their icons by absolute paths. */
const UNCHANGED = /^\/(?:static|api(?!\/kernelspecs(?:\/|$))|lab\/(?:api|extensions))\//;

/** Whether what is answered there may have to be changed, which goes with plain text alone. */
export const mayChange = (rest: string): boolean => !UNCHANGED.test(rest);

export const CHANGED_TYPES = /^\s*(?:text\/html|application\/json)\b/i;

/**
 * A document of JupyterLab, or its list of kernels, as the caller gets it.
 *
 * It names its files and its API by absolute paths under the base that it was started with. The prefix of a gateway is another one
 * by each URL of the same sandbox (a path, or a host of its own), so no start option fits: the pages get it by the request they
 * answer, and everything else takes its paths from the page. It also has the token of whoever asked for it, which is ours: scripts
 * of the page need none, since what they ask for comes by here too.
 */
export function outsideText(text: string, { prefix, token }: { readonly prefix: string; readonly token: string }): string {
  const withoutToken = token === '' ? text : text.replaceAll(token, '');
  if (prefix === '') return withoutToken;
  return withoutToken.replaceAll(/(["'=]|&quot;|&#34;|\()\/jupyter(?=[/"'&?#)]|$)/g, `$1${prefix}${JUPYTER_BASE}`);
}
