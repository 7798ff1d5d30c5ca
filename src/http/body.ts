import type { IncomingMessage, ServerResponse } from 'node:http';
import { Rejection } from '../rejection.js';

export interface BodyLimits {
  /** Bytes. */
  readonly body: number;
  /** Milliseconds from the first look at the request to its last byte. */
  readonly bodyTimeout: number;
}

/** Where the bytes of bodies are counted: false if so many more can't be held in memory. */
export interface Holder {
  hold(bytes: number): boolean;
}

/**
 * The exact bytes of a request's body. Nothing over the limit is held in memory, and where the sender says
 * `Expect: 100-continue` it isn't asked for (RFC 9110, 10.1.1). Throws a `Rejection` of stage `body`.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
  holder: Holder,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limits.body) {
      reject(new Rejection('body_too_large'));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    const timer = setTimeout(() => fail('body_timeout'), limits.bodyTimeout);

    function take(chunk: Buffer): void {
      if (settled) return;
      length += chunk.length;
      if (length > limits.body) fail('body_too_large');
      else if (!holder.hold(chunk.length)) fail('overloaded');
      else chunks.push(chunk);
    }
    function finish(): void {
      if (settled) return;
      settle();
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    }
    function fail(code: 'body_timeout' | 'body_too_large' | 'body_aborted' | 'overloaded'): void {
      if (settled) return;
      settle();
      chunks.length = 0;
      reject(new Rejection(code));
    }
    function abort(): void {
      fail('body_aborted');
    }
    // To take four listeners away costs more than to let them do nothing.
    function settle(): void {
      settled = true;
      clearTimeout(timer);
    }

    request.on('data', take).on('end', finish).on('error', abort).on('close', abort);
    if (request.headers.expect !== undefined) response.writeContinue();
  });
}

/** What a sender has most likely sent in one go with its headers. */
const smallBody = 64 * 1024;

/** Whether the rest of the body is so small that reading on costs less than a new connection. */
export function isSmall({ headers }: IncomingMessage): boolean {
  return headers.expect === undefined && Number(headers['content-length'] ?? Number.NaN) <= smallBody;
}

/** How much of a refused body is read and dropped, and for how long (milliseconds). */
const discardLimit = 8 * 1024 * 1024;
const discardTime = 2_000;

/** Whether the request has a body of which something may still be on its way. */
export function bodyPending({ complete, headers }: IncomingMessage): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return announced && !complete;
}

/**
 * Reads on for a while after a refusal in mid-body, dropping everything. Closing at once would make the kernel reset the
 * connection, and the sender might never see the answer.
 */
export function discardBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = discardLimit;
    const timer = setTimeout(resolve, discardTime);
    function stop(): void {
      clearTimeout(timer);
      resolve();
    }
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) stop();
    });
    request.on('end', stop).on('error', stop).on('close', stop);
  });
}
