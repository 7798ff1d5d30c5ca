import { useCallback, useEffect, useReducer } from 'preact/hooks';
import type { LetterChoice } from '../../contract.js';
import { beginning, type Replay, reduceReplay } from '../state/replay.js';
import { isLetterJob, routes } from './api.js';
import { get, post } from './client.js';

export interface Replaying {
  readonly state: Replay;
  readonly start: () => void;
  /** Ends a replay after the batch under way. */
  readonly stop: () => void;
}

/** Milliseconds between two looks at how far a job is. */
const beat = 300;

/** Runs the dry run at once, and the replay when the user has started it. `choice`: the same object each time. */
export function useReplay(choice: LetterChoice): Replaying {
  const [state, dispatch] = useReducer(reduceReplay, beginning);
  const step = state.step === 'checking' || state.step === 'replaying' ? state.step : undefined;
  useEffect(() => {
    if (step === undefined) return;
    const gone = new AbortController();
    async function run(path: string): Promise<void> {
      let job = await post(path, choice, isLetterJob, gone.signal);
      for (;;) {
        if (gone.signal.aborted) return;
        dispatch({ type: 'told', job });
        if (job.state !== 'running') return;
        await new Promise((resolve) => setTimeout(resolve, beat));
        job = await get(routes.job(job.job), isLetterJob, gone.signal);
      }
    }
    run(step === 'checking' ? routes.dryRun : routes.replay).catch((error: unknown) => {
      if (gone.signal.aborted) return;
      dispatch({ type: 'failed', error: error instanceof Error ? error.message : String(error) });
    });
    return () => gone.abort();
  }, [step, choice]);
  const start = useCallback(() => dispatch({ type: 'start' }), []);
  const job = 'job' in state ? state.job : undefined;
  const stop = useCallback(() => {
    if (job === undefined) return;
    post(routes.stop(job.job), {}, isLetterJob).catch(() => undefined);
  }, [job]);
  return { state, start, stop };
}
