import { exitCodes } from '../exit.js';

/** Milliseconds in which a second signal counts as the first: npm passes on a Ctrl-C that the terminal has sent already. */
const sameSignal = 500;

/** Aborted by the first SIGINT or SIGTERM, for the command to come to an orderly end; a second one ends the process at once. */
export function awaitInterruption(): AbortSignal {
  const controller = new AbortController();
  let first = Number.NaN;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (performance.now() - first > sameSignal) process.exit(exitCodes.interrupted);
      if (controller.signal.aborted) return;
      first = performance.now();
      controller.abort();
    });
  }
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
