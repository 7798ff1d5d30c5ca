/** Time as delivery needs it, so that a test can hold it. */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Milliseconds since the epoch. */
  date(): number;
  /** Calls back after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  date: Date.now,
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
