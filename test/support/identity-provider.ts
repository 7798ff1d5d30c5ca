import { createServer } from 'node:http';

/** What it was asked. */
export interface TokenRequest {
  readonly method: string;
  readonly authorization: string;
  readonly form: URLSearchParams;
}

export type TokenReply =
  | { readonly token: string; readonly lifetime?: number }
  | { readonly status: number; readonly body: string; readonly location?: string }
  | 'silence';

export interface IdentityProvider {
  /** Its token endpoint. */
  readonly url: string;
  readonly requests: readonly TokenRequest[];
  close(): Promise<void>;
}

/** The token endpoint of an identity provider for the client credentials grant, on loopback. */
export async function startIdentityProvider(reply: (request: TokenRequest) => TokenReply): Promise<IdentityProvider> {
  const requests: TokenRequest[] = [];
  const server = createServer(async (incoming, answer) => {
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    const { method = '', headers } = incoming;
    const request = { method, authorization: headers.authorization ?? '', form: new URLSearchParams(body) };
    requests.push(request);
    const given = reply(request);
    if (given === 'silence') return;
    if ('token' in given) {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ access_token: given.token, token_type: 'Bearer', expires_in: given.lifetime }));
    } else {
      answer.writeHead(given.status, given.location === undefined ? {} : { location: given.location });
      answer.end(given.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/oauth2/token`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
