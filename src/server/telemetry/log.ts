import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';
import type { Delivery, Endpoint } from '../../core/model.js';
import type { Outcome } from '../../core/pipeline.js';
import type { Rejection } from '../../core/rejection.js';
import { printable, printableLines } from '../../util/printable.js';
import { require } from '../../util/require.js';
import { Repeats, type RepeatsClock } from './repeats.js';

const { pino }: typeof import('pino') = require('pino');

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = { readonly [name: string]: unknown };

/**
 * The gateway's log: one JSON object a line. Fields say which delivery, endpoint and reason; never a payload, a header's
 * value or a secret. What is repeated (warnings, errors, refusals, handshakes) is summed up: see `Repeats`; dead letters of
 * proven deliveries are a line each.
 */
export interface GatewayLog {
  write(level: Level, message: string, fields?: Fields): void;
  /** Who has done what that must be found again: each is a line, whatever was said before. */
  audit(message: string, fields: Fields): void;
  /** `trace`: id of the trace that the delivery is in, if it is in one. */
  outcome(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, trace?: string): void;
  rejection(rejection: Rejection, fields: Fields): void;
  /** `code` is Node's, such as `HPE_INVALID_CONTENT_LENGTH`. */
  clientError(what: 'request is not HTTP' | 'TLS handshake failed', code: string, client?: string): void;
  bug(error: unknown, fields: Fields): void;
  /** Writes the sums of what was repeated and not written yet, for the end of the process. */
  flush(): void;
  level: Level;
}

/** Writes to `stream`; by default to stdout, as JSON or, on a terminal, for people. `common`: fields of every line. */
export function createLog(
  level: Level,
  stream?: DestinationStream,
  common: Fields | null = null,
  clock: RepeatsClock = realClock,
): GatewayLog {
  const logger = createLogger(level, common, stream);
  const writeLine = (severity: Level, message: string, fields: Fields) => logger[severity](fields, message);
  const repeats = new Repeats(writeLine, clock);
  // Of its own: what requests cause, which anybody can send, leaves room for what the gateway says of itself.
  const requests = new Repeats(writeLine, clock, 'join');
  return {
    get level() {
      return logger.level as Level;
    },
    set level(next) {
      logger.level = next;
    },
    write(severity, message, fields = {}) {
      repeats.take(severity, message, fields);
    },
    audit(message, fields) {
      writeLine('warn', message, fields);
    },
    outcome(endpoint, delivery, { accepted, rejected, letter, handshake, secret, protected: found }, trace) {
      const about = { delivery: delivery.id, trace_id: trace, endpoint: endpoint.name };
      // Names of fields are the provider's; those of a stranger are not logged.
      if (found !== undefined && found.cards > 0 && secret !== undefined) {
        const fields = { ...about, panGuard: endpoint.protect?.panGuard, found: found.cards, fields: found.names };
        repeats.write('warn', 'card numbers in a payload', fields);
      }
      if (handshake !== undefined) requests.write('info', 'handshake answered', { ...about, client: delivery.client });
      if (logger.isLevelEnabled('debug')) {
        for (const event of accepted) logger.debug({ ...about, ...describeEvent(event) }, whatCame(event));
      }
      for (const rejection of rejected) {
        const fields = { ...about, ...reason(rejection), ...place(letter) };
        if (rejection.stage !== 'verify') logger.warn(fields, 'delivery dead-lettered');
        else requests.write('warn', 'delivery not proven', { ...fields, client: delivery.client });
      }
    },
    rejection(rejection, fields) {
      const severity = severities[rejection.status] ?? 'info';
      requests.write(severity, 'delivery refused', { ...fields, ...reason(rejection) });
    },
    clientError(what, code, client) {
      requests.write('info', what, { code, client });
    },
    bug(error, fields) {
      repeats.write('error', 'bug', { ...fields, stack: error instanceof Error ? error.stack : String(error) });
    },
    flush() {
      requests.flush();
      repeats.flush();
    },
  };
}

function createLogger(level: Level, common: Fields | null, stream: DestinationStream | undefined) {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino(
    { level, base: common, timestamp: pino.stdTimeFunctions.isoTime, formatters },
    stream ?? (process.stdout.isTTY ? prettyStream(process.stdout) : pino.destination(1)),
  );
}

function describeEvent({ event, placement, contentDiffers }: Outcome['accepted'][number]): Fields {
  return { event: event.id, type: event.type, ...place(placement), ...(contentDiffers && { contentDiffers }) };
}

function whatCame({ duplicate }: Outcome['accepted'][number]): string {
  return duplicate ? 'event was published before' : 'event published';
}

/** Of refusals: a provider may be among those that are not let in. */
const severities: { readonly [status: number]: Level } = { 403: 'warn', 429: 'warn', 503: 'error' };

const realClock: RepeatsClock = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

function reason({ code, stage, item, detail, errors }: Rejection): Fields {
  return { reason: code, stage, item, detail, errors: errors.length > 0 ? errors : undefined };
}

function place(placement: Outcome['letter']): Fields {
  if (placement === undefined) return {};
  if ('spooled' in placement) return { ...placement };
  return { ...placement, offset: Number(placement.offset) };
}

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** A pino destination for a terminal: time, level, message, then the fields as `name=value`. In colours, unless `NO_COLOR` is set. What strangers have written does nothing to it. */
export function prettyStream(terminal: Pick<WriteStream, 'write' | 'hasColors'>): { write(line: string): void } {
  const paint: typeof styleText = (format, text) =>
    terminal.hasColors() ? styleText(format, text, { validateStream: false }) : text;
  return {
    write(line) {
      const { level, time, msg, stack, ...fields }: { [name: string]: unknown } = JSON.parse(line);
      const rest = Object.entries(fields).map(([name, value]) =>
        printable(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
      );
      const colour = colours[level as keyof typeof colours] ?? 'white';
      const head = `${String(time).slice(11, 19)} ${paint(colour, String(level).padEnd(5))} ${printable(String(msg))}`;
      terminal.write(
        `${head} ${paint('gray', rest.join(' '))}\n${stack === undefined ? '' : `${printableLines(String(stack))}\n`}`,
      );
    },
  };
}
