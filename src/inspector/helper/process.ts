import { constants, setPriority } from 'node:os';
import { toFailure } from '../../exit.js';
import { Refused } from '../respond.js';
import type { FromHelper, ToHelper } from './messages.js';
import { Work } from './work.js';

/** Milliseconds for the batch of a replay that is under way when the gateway ends. */
const endLimit = 10_000;

const work = new Work((id, value) => tell({ kind: 'progress', id, value }));

// A terminal sends signals to all processes: the gateway's end is what counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), endLimit).unref();
  void work.end().then(() => process.exit(0));
});
process.on('message', (message: ToHelper) => {
  if (message.kind === 'config') work.use(message.source);
  else if (message.kind === 'stop') work.stop(message.id);
  else {
    const { id, name, give } = message;
    work.run(id, name, give).then(
      (value) => tell({ kind: 'done', id, value }),
      (error: unknown) => tell({ kind: 'failed', id, ...describeError(error) }),
    );
  }
});

try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Where a system does not let it, it is as any other.
}
tell({ kind: 'ready' });

function tell(message: FromHelper): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function describeError(error: unknown): Omit<Extract<FromHelper, { kind: 'failed' }>, 'kind' | 'id'> {
  if (error instanceof Refused) {
    const { message, status, reason } = error;
    const known = reason === 'not_found' || reason === 'invalid' || reason === 'busy' ? reason : 'unavailable';
    return { message, status, reason: known };
  }
  const { reason, message } = toFailure(error);
  if (reason === 'bug') return { message };
  if (reason === 'negative') return { message, status: 409, reason: 'busy' };
  return { message, status: 503, reason: 'unavailable' };
}
