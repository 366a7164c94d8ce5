/** The sandbox that a program was started for, as `examples/with-sandbox` names it. */
export function givenSandbox(): { readonly url: string; readonly headers: Record<string, string> } {
  const { SANDBOX_BASE_URL: url, SANDBOX_TOKEN: token } = process.env;
  if (url === undefined) throw new Error('SANDBOX_BASE_URL is not set');
  return { url, headers: token ? { authorization: `Bearer ${token}` } : {} };
}

/** What the test reads of a program. */
export function tell(seen: unknown): void {
  process.stdout.write(JSON.stringify(seen));
}
