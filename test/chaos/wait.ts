import { setTimeout as delay } from 'node:timers/promises';

/** The result of the work; throws after so many seconds, and says what was waited for. The work itself goes on. */
export async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(seconds * 1000, undefined, timer).then(() => {
    throw new Error(`waited ${seconds} s for ${what}`);
  });
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/** Polls until the condition holds; throws after so many seconds, and says what was waited for. A question that fails is asked again. */
export async function until(
  seconds: number,
  what: string,
  holds: () => boolean | Promise<boolean>,
  pause = 100,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let fault: unknown;
  while (Date.now() < end) {
    try {
      if (await holds()) return;
      fault = undefined;
    } catch (error) {
      fault = error;
    }
    await delay(pause);
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause: fault });
}
