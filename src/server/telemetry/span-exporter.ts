import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from 'undici';
import type { Level } from './log.js';
import { formatRequest, type OtlpSpan, readRejected, type Values } from './otlp.js';

export interface Collector {
  /** Where spans are posted to. */
  readonly url: string;
  readonly headers: { readonly [name: string]: { reveal(): string } };
  /** What the spans are of. */
  readonly resource: Values;
}

/** Spans that wait at the most, and that go in one request. */
const mostWaiting = 4_096;
const mostInBatch = 512;
/** Bytes of an answer that are read. */
const longestAnswer = 64 * 1024;
/** Answers after which a request is sent again (https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes). */
const temporary = new Set([429, 502, 503, 504]);

export const exportTimes = {
  /** Milliseconds that spans are gathered for. */
  gathering: 1_000,
  /** That one request may take, and one batch with all its tries. */
  request: 10_000,
  batch: 30_000,
  /** Before the second try; it doubles. */
  pause: 1_000,
};

export interface ExporterOptions {
  readonly collector: Collector;
  readonly version: string;
  readonly log: (level: Level, message: string, fields: { readonly [name: string]: unknown }) => void;
  readonly times?: typeof exportTimes;
}

type Sent =
  | { readonly rejected: number; readonly reason: string }
  | { readonly again: number; readonly reason: string };

/**
 * Sends spans to a collector by OTLP over HTTP, in batches, one after another. Whatever the collector does, memory and time
 * stay bounded, and nobody waits: what has no room, is refused or is not taken in time is dropped and counted.
 */
export class SpanExporter {
  collector: Collector;
  exported = 0;
  readonly dropped = { queue_full: 0, refused: 0, unavailable: 0 };
  readonly #options: ExporterOptions;
  readonly #times: typeof exportTimes;
  #waiting: OtlpSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #agent: Agent | undefined;
  readonly #end = new AbortController();
  #failing = false;
  /** When the process is to have ended: milliseconds of `performance.now()`. */
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#times = options.times ?? exportTimes;
    this.collector = options.collector;
  }

  /** The spans of one trace: all of them or none. */
  add(spans: readonly OtlpSpan[]): void {
    if (this.#waiting.length + spans.length > mostWaiting) {
      this.#drop('queue_full', spans.length, `more than ${mostWaiting} spans wait`);
      return;
    }
    this.#waiting.push(...spans);
    if (this.#sending !== undefined) return;
    if (this.#waiting.length >= mostInBatch) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#times.gathering).unref();
  }

  /** Sends what waits, for so many milliseconds at the most. */
  async close(patience: number): Promise<void> {
    this.#deadline = performance.now() + patience;
    const late = setTimeout(() => this.#end.abort(), patience).unref();
    if (this.#sending === undefined) this.#start();
    await this.#sending;
    clearTimeout(late);
    this.#end.abort();
    await this.#agent?.destroy();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0 && !this.#end.signal.aborted)
        this.#timer ??= setTimeout(() => this.#start(), this.#times.gathering).unref();
    });
  }

  /** Full batches, and the rest with the last of them. */
  async #sendAll(): Promise<void> {
    do {
      const batch = this.#waiting.splice(0, mostInBatch);
      await this.#sendBatch(batch);
    } while (this.#waiting.length >= mostInBatch || (this.#waiting.length > 0 && Number.isFinite(this.#deadline)));
  }

  async #sendBatch(batch: readonly OtlpSpan[]): Promise<void> {
    const { pause: first, batch: patience } = this.#times;
    const until = performance.now() + patience;
    const body = formatRequest(batch, this.collector.resource, this.#options.version);
    for (let pause = first; ; pause *= 2) {
      const sent = await this.#send(body);
      if ('rejected' in sent) {
        this.exported += Math.max(0, batch.length - sent.rejected);
        if (sent.rejected > 0) this.#drop('refused', Math.min(sent.rejected, batch.length), sent.reason);
        else this.#recover();
        return;
      }
      if (sent.again < 0) return this.#drop('refused', batch.length, sent.reason);
      // A random part keeps the workers of many gateways from coming back at the same moment.
      const wait = Math.max(sent.again, pause * (0.5 + Math.random() / 2));
      if (performance.now() + wait > Math.min(until, this.#deadline) || this.#end.signal.aborted)
        return this.#drop('unavailable', batch.length, sent.reason);
      await delay(wait, undefined, { ref: false, signal: this.#end.signal }).catch(() => undefined);
    }
  }

  /** `again`: milliseconds after which it may be tried again; below 0: never. Does not reject. */
  async #send(body: string): Promise<Sent> {
    try {
      const { Agent, request } = await import('undici');
      this.#agent ??= new Agent({ connections: 1 });
      const { url, headers } = this.collector;
      const revealed = Object.entries(headers).map(([name, value]) => [name, value.reveal()]);
      const answer = await request(url, {
        method: 'POST',
        body,
        dispatcher: this.#agent,
        headers: { ...Object.fromEntries(revealed), 'content-type': 'application/json' },
        signal: AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.#times.request)]),
      });
      const text = await readShort(answer.body);
      const { statusCode: status } = answer;
      if (status >= 200 && status < 300) {
        const { count, reason } = readRejected(text);
        return { rejected: count, reason };
      }
      const again = temporary.has(status) ? readPause(answer.headers['retry-after']) : -1;
      return { again, reason: `answered ${status}` };
    } catch (error) {
      return { again: 0, reason: explain(error) };
    }
  }

  #drop(reason: keyof SpanExporter['dropped'], count: number, detail: string): void {
    this.dropped[reason] += count;
    this.#failing = true;
    const { host } = new URL(this.collector.url);
    this.#options.log('warn', 'spans dropped: the collector does not take them', { host, reason, detail });
  }

  #recover(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.log('info', 'the collector takes spans', { host: new URL(this.collector.url).host });
  }
}

/** The text, as far as it is read. */
async function readShort(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > longestAnswer) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Milliseconds of a `Retry-After` in seconds; a date counts as none. */
function readPause(value: string | string[] | undefined): number {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : 0;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
