import type { OutgoingRequest } from '../../core/model.js';
import { require } from '../../util/require.js';

const { Pool }: typeof import('undici') = require('undici');

/** What came back for one request. */
export interface SentAnswer {
  readonly status: number;
  /** The body: parsed if it is JSON, else as text. */
  readonly body: unknown;
}

/** Nobody answered. `reason` is the system's or undici's code: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`. */
export class NoAnswerError extends Error {
  readonly reason: string;

  constructor(reason: string, url: string, cause: unknown) {
    super(`No answer from ${url} (${reason}): gateway start runs a gateway, gateway dev one for development`, {
      cause,
    });
    this.name = 'NoAnswerError';
    this.reason = reason;
  }
}

/** Sends requests to one origin over connections that stay open. */
export interface Sender {
  /** Rejects with a `NoAnswerError`. */
  send(request: OutgoingRequest): Promise<SentAnswer>;
  close(): Promise<void>;
}

/**
 * `connections` bounds how many requests are under way at once. `trusting`: whatever certificate the server shows, as one does
 * that is asked by an address of this machine.
 */
export function createSender(url: string, connections: number, trusting = false): Sender {
  const pool = new Pool(new URL(url).origin, {
    connections,
    headersTimeout: 60_000,
    connect: { timeout: 5_000, rejectUnauthorized: !trusting },
  });
  return {
    async send({ url: target, method, headers, body }) {
      const { pathname, search } = new URL(target);
      try {
        const response = await pool.request({ path: pathname + search, method, headers, body });
        return { status: response.statusCode, body: parseBody(await response.body.text()) };
      } catch (error) {
        throw new NoAnswerError(reasonOf(error), target, error);
      }
    },
    close: () => pool.destroy(),
  };
}

function parseBody(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
