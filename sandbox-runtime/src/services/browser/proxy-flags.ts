/**
 * Flags that send Chromium through the proxy of this sandbox (`tools/proxy`), whose rules can then change while it runs.
 *
 * Chromium leaves loopback addresses out by itself: a page of a server inside the sandbox is as quick as without a proxy. So
 * `<-loopback>`, which would take them in, is not given.
 *
 * `port`: where the proxy listens; undefined when it could not be started, and then Chromium goes without.
 */
export const proxyFlags = (port: number | undefined): readonly string[] =>
  port === undefined ? [] : [`--proxy-server=http://127.0.0.1:${port}`];
