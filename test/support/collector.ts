import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OtlpSpan } from '../../src/server/telemetry/otlp.js';

export interface Export {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly spans: readonly OtlpSpan[];
  readonly resource: { readonly [key: string]: unknown };
}

/** A collector of OTLP over HTTP that keeps what it gets, and answers as it is told. */
export class Collector {
  readonly exports: Export[] = [];
  /** Instead of taking it: after it was read. */
  answer: ((response: ServerResponse) => void) | undefined;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get spans(): readonly OtlpSpan[] {
    return this.exports.flatMap(({ spans }) => spans);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (this.answer !== undefined) {
      this.answer(response);
      return;
    }
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString());
    for (const { resource, scopeSpans } of resourceSpans) {
      this.exports.push({
        path: request.url ?? '',
        headers: request.headers,
        spans: scopeSpans.flatMap(({ spans }: { spans: readonly OtlpSpan[] }) => spans),
        resource: valuesOf(resource.attributes),
      });
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  }
}

/** Attributes as an object; numbers are texts. */
export function valuesOf(attributes: OtlpSpan['attributes']): { readonly [key: string]: unknown } {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** Resolves when the condition holds; rejects after five seconds. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
