import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Ask, askTail } from './ask.js';
import type { DeliveryFilter } from './filter.js';
import { type Cursor, writeCursor } from './seq.js';

/** Milliseconds between two batches, and between two signs of life; rows of a batch. */
const interval = 100;
const pulse = 15_000;
const mostRows = 50;

export interface StreamOptions {
  readonly ask: Ask;
  readonly filter: DeliveryFilter;
  /** Where it begins; empty: now. */
  readonly cursor: Cursor;
  /** True once the gateway is stopping. */
  readonly stopping: () => boolean;
}

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // A proxy would hold it back.
  'X-Accel-Buffering': 'no',
};

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the reader goes or the gateway stops. A
 * reader that is slow gets fewer rows, and is told how many he has missed: nothing is held for him.
 */
export async function streamDeliveries(
  request: IncomingMessage,
  response: ServerResponse,
  { ask, filter, cursor: begin, stopping }: StreamOptions,
): Promise<void> {
  let open = true;
  request.once('close', () => (open = false));
  response.once('close', () => (open = false));
  // Of no use to anybody else when it ends.
  response.writeHead(200, { ...headers, Connection: 'close' });
  response.write('retry: 1000\n\n');
  let cursor = begin;
  let heardAt = performance.now();
  while (open && !stopping()) {
    if (!response.writableNeedDrain) {
      const tail = await askTail(ask, filter, cursor, mostRows);
      cursor = tail.cursor;
      const text = writeEvents(tail.lines, tail.dropped, writeCursor(cursor));
      if (text !== '' && open) {
        response.write(text);
        heardAt = performance.now();
      }
    }
    if (performance.now() - heardAt > pulse) {
      response.write(':\n\n');
      heardAt = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, interval).unref());
  }
  response.end();
}

/** One text for a batch. Only the last event has the id: who comes back has all before it. */
function writeEvents(lines: readonly string[], dropped: number, id: string): string {
  if (lines.length === 0 && dropped === 0) return '';
  const rows = lines.map((line) => `event: delivery\ndata: ${line}\n\n`);
  const missed = dropped > 0 ? [`event: dropped\ndata: {"count":${dropped}}\n\n`] : [];
  const events = [...missed, ...rows];
  const last = events.pop() ?? '';
  return `${events.join('')}id: ${id}\n${last}`;
}
