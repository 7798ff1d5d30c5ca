import type { Delivery, Endpoint } from '../../core/model.js';
import type { Outcome } from '../../core/pipeline.js';
import type { Rejection } from '../../core/rejection.js';
import type { Fields, GatewayLog } from '../../server/telemetry/log.js';

/** What is told of webhooks while they come. */
export interface Watcher {
  outcome(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): void;
  refusal(rejection: Rejection, fields: Fields): void;
}

/** The log, but that webhooks go to the watcher, whose lines say more; at the level debug to the log, too. */
export function watchWebhooks(log: GatewayLog, watcher: Watcher): GatewayLog {
  return {
    write: log.write,
    audit: log.audit,
    clientError: log.clientError,
    bug: log.bug,
    flush: log.flush,
    outcome(endpoint, delivery, outcome) {
      watcher.outcome(endpoint, delivery, outcome);
      if (log.level === 'debug') log.outcome(endpoint, delivery, outcome);
    },
    rejection(rejection, fields) {
      watcher.refusal(rejection, fields);
      if (log.level === 'debug') log.rejection(rejection, fields);
    },
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
    },
  };
}

/** Lines in a second; what is more is counted, so that a load test does not wait for the terminal. */
const mostLines = 100;

/** Prints webhooks, each with its lines, but not more than a person could see. */
export function limitLines(
  print: (line: string) => void,
  now: () => number = Date.now,
): (lines: readonly string[]) => void {
  let second = 0;
  let printed = 0;
  let left = 0;
  return (lines) => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      if (left > 0) print(`          and ${left} more webhooks`);
      [second, printed, left] = [current, 0, 0];
    }
    if (printed >= mostLines) {
      left++;
      return;
    }
    printed += lines.length;
    for (const line of lines) print(line);
  };
}
