import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Milliseconds. A reload compiles everything. */
const patience = 60_000;
/** Bytes; a status is some kilobytes. */
const largestAnswer = 64 * 1024 * 1024;

export interface AdminAnswer {
  readonly status: number;
  /** Absent: it is not JSON. */
  readonly body?: unknown;
}

/** Sends a request to an admin server at `http://host:port`, `https://host:port` or `unix:/path`. Redirects are not followed. */
export function requestAdmin(
  base: string,
  { method, path, token }: { readonly method: string; readonly path: string; readonly token?: string | undefined },
): Promise<AdminAnswer> {
  const headers = { Accept: 'application/json', ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  const options = { method, headers, signal: AbortSignal.timeout(patience) };
  return new Promise((resolve, reject) => {
    const sent = open(base, path, options);
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > largestAnswer) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, ...parse(Buffer.concat(chunks).toString()) }),
      );
    });
    sent.end();
  });
}

function open(base: string, path: string, options: Parameters<typeof requestHttp>[1]) {
  if (base.startsWith('unix:')) return requestHttp({ ...options, path, socketPath: base.slice('unix:'.length) });
  const url = new URL(path, base);
  return url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
}

function parse(text: string): { body?: unknown } {
  try {
    return { body: JSON.parse(text) };
  } catch {
    return {};
  }
}
