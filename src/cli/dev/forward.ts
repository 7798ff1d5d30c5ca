import type { Delivery, HeaderValues } from '../../core/model.js';
import { printable } from '../../util/printable.js';
import { require } from '../../util/require.js';

const { Agent, request }: typeof import('undici') = require('undici');

/** Those of a connection (RFC 9110, 7.6.1), and what the client sets itself. */
const own = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Deliveries that wait for the handler, and are under way to it. */
const mostWaiting = 1_000;
const atOnce = 4;
/** Milliseconds that the handler has; characters of its answer that are shown. */
const patience = 30_000;
const shownCharacters = 120;

/** Sends deliveries on to a local handler, in their order of arrival. */
export interface Forwarder {
  /** Returns at once. */
  forward(delivery: Delivery): void;
  close(): Promise<void>;
}

/** `url`: the whole address of the handler. `tell`: a line about what came back. */
export function createForwarder(url: string, tell: (line: string) => void): Forwarder {
  const agent = new Agent({ connections: atOnce, headersTimeout: patience, bodyTimeout: patience });
  const waiting: Delivery[] = [];
  let underWay = 0;

  function next(): void {
    const delivery = underWay < atOnce ? waiting.shift() : undefined;
    if (delivery === undefined) return;
    underWay++;
    void send(delivery).then((line) => {
      underWay--;
      tell(line);
      next();
    });
    next();
  }

  async function send({ method, headers, body }: Delivery): Promise<string> {
    const started = performance.now();
    try {
      const answer = await request(url, {
        dispatcher: agent,
        method: method === 'PUT' ? 'PUT' : 'POST',
        headers: headersOf(headers),
        body,
      });
      const text = printable((await answer.body.text()).replace(/\s+/g, ' ').trim());
      const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
      return [`→ ${url}`, answer.statusCode, `${Math.round(performance.now() - started)} ms`, shown]
        .join('  ')
        .trimEnd();
    } catch (error) {
      return `→ ${url}  no answer (${reasonOf(error)})`;
    }
  }

  return {
    forward(delivery) {
      if (waiting.length >= mostWaiting) {
        tell(`→ ${url}  left out: ${mostWaiting} webhooks wait for it`);
        return;
      }
      waiting.push(delivery);
      // The provider's answer goes first.
      setImmediate(next);
    },
    async close() {
      waiting.length = 0;
      await agent.destroy();
    },
  };
}

/** A header that came several times goes on several times. */
function headersOf(headers: HeaderValues): string[] {
  return Object.entries(headers)
    .filter(([name]) => !own.has(name))
    .flatMap(([name, values = []]) => values.flatMap((value) => [name, value]));
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
