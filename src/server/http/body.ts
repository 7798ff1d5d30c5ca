import type { IncomingMessage, ServerResponse } from 'node:http';
import { Rejection } from '../../core/rejection.js';
import { Pieces } from './pieces.js';

/** A body may come in so many pieces, and in more if they have so many bytes on average: each costs about as much CPU as 1 KB. */
const freePieces = 4096;
const leastPiece = 64;

export interface BodyLimits {
  /** Bytes. */
  readonly body: number;
}

/** Why a body is given up before its end. */
export type GivenUp = 'overloaded' | 'body_timeout' | 'body_too_slow';

/** Where the bytes of bodies are counted, and who watches that they come. */
export interface Holder {
  /** False if so many more can't be held in memory. `received`: bytes of the body that came, if that is another number. */
  hold(bytes: number, received?: number): boolean;
  /** What is called if the body is to be given up. */
  giveUp: ((code: GivenUp) => void) | undefined;
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
    const pieces = new Pieces();
    let settled = false;

    function take(chunk: Buffer): void {
      if (settled) return;
      const held = pieces.add(chunk);
      if (pieces.length > limits.body) fail('body_too_large');
      else if (pieces.count > freePieces + pieces.length / leastPiece) fail('body_fragmented');
      else if (!holder.hold(held, chunk.length)) fail('overloaded');
    }
    function finish(): void {
      if (settled) return;
      settled = true;
      resolve(pieces.join());
    }
    function fail(code: GivenUp | 'body_too_large' | 'body_fragmented' | 'body_aborted'): void {
      if (settled) return;
      settled = true;
      pieces.drop();
      reject(new Rejection(code));
    }
    function abort(): void {
      fail('body_aborted');
    }

    // To take four listeners away costs more than to let them do nothing.
    request.on('data', take).on('end', finish).on('error', abort).on('close', abort);
    holder.giveUp = fail;
    if (request.headers.expect !== undefined) response.writeContinue();
  });
}

/** What a sender has most likely sent in one go with its headers. */
const smallBody = 64 * 1024;

/** Whether the rest of the body is so small that reading on costs less than a new connection. */
export function isSmall({ headers }: IncomingMessage): boolean {
  return headers.expect === undefined && Number(headers['content-length'] ?? Number.NaN) <= smallBody;
}

/** How much of a refused body is read and dropped, what each piece counts beside its bytes, and for how long (milliseconds). */
const discardLimit = 8 * 1024 * 1024;
const discardCost = 4096;
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
      left -= chunk.length + discardCost;
      if (left < 0) stop();
    });
    request.on('end', stop).on('error', stop).on('close', stop);
  });
}
