/**
 * The MCP SDK takes 25 MB and a quarter of a second, which a sandbox without MCP clients does not spend: each part is loaded by
 * whoever first needs it.
 */
export async function loadServerSdk() {
  const [{ Server }, { WebStandardStreamableHTTPServerTransport }, types, { AjvJsonSchemaValidator }] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/index.js'),
    import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
    import('@modelcontextprotocol/sdk/validation/ajv-provider.js'),
  ]);
  return { Server, WebStandardStreamableHTTPServerTransport, types, AjvJsonSchemaValidator };
}

export type ServerSdk = Awaited<ReturnType<typeof loadServerSdk>>;

export async function loadClientSdk() {
  const [{ Client }, types] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  return { Client, types };
}

export type ClientSdk = Awaited<ReturnType<typeof loadClientSdk>>;

export const loadHttpTransport = () => import('@modelcontextprotocol/sdk/client/streamableHttp.js');
export const loadSseTransport = () => import('@modelcontextprotocol/sdk/client/sse.js');
