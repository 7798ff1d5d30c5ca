import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Check, get } from './client.js';

export interface Loaded<T> {
  readonly data?: T;
  /** Why the latest attempt failed; `data` is then the one before. */
  readonly trouble?: Error;
  readonly reload: () => void;
}

/** Loads a path, and again every so many milliseconds while the page can be seen; `every` 0: once. */
export function useData<T>(path: string | undefined, check: Check<T>, every = 0): Loaded<T> {
  const [state, setState] = useState<{ path?: string; data?: T; trouble?: Error }>({});
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function load(wanted: string): Promise<void> {
      if (every === 0 || !document.hidden) {
        try {
          setState({ path: wanted, data: await get(wanted, check, gone.signal) });
        } catch (error) {
          if (gone.signal.aborted) return;
          const trouble = error instanceof Error ? error : new Error(String(error));
          setState((before) => (before.path === wanted ? { ...before, trouble } : { path: wanted, trouble }));
        }
      }
      if (every > 0 && !gone.signal.aborted) timer = setTimeout(() => load(wanted), every);
    }
    void load(path);
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [path, every, round]);
  // What was loaded of another path is not this one's.
  return state.path === path ? { ...state, reload } : { reload };
}

/** The time of day, once a second: ages that are shown grow. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** The value once it has not changed for so many milliseconds. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

/** The latest value, for what was made before it. */
export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
