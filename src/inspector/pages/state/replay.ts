import type { LetterJob } from '../../contract.js';

/** A replay as the user sees it: the dry run first, then his word, then the replay. */
export type Replay =
  | { readonly step: 'checking' | 'replaying'; readonly job?: LetterJob }
  | { readonly step: 'checked' | 'ended'; readonly job: LetterJob }
  | { readonly step: 'failed'; readonly error: string };

export type ReplayAction =
  | { readonly type: 'told'; readonly job: LetterJob }
  | { readonly type: 'start' }
  | { readonly type: 'failed'; readonly error: string };

export const beginning: Replay = { step: 'checking' };

export function reduceReplay(state: Replay, action: ReplayAction): Replay {
  if (action.type === 'failed') return { step: 'failed', error: action.error };
  if (action.type === 'start') return state.step === 'checked' ? { step: 'replaying' } : state;
  const { job } = action;
  if (job.state === 'failed') return { step: 'failed', error: job.error ?? 'The gateway did not say why.' };
  const ended = job.state !== 'running';
  if (job.kind === 'dry-run') return ended ? { step: 'checked', job } : { step: 'checking', job };
  return ended ? { step: 'ended', job } : { step: 'replaying', job };
}

export interface Difference {
  readonly before: string;
  readonly now: string;
  readonly count: number;
  /** What is said of one of them. */
  readonly detail?: string;
}

/** Letters that fare alike, the most first. */
export function groupChanges(changes: LetterJob['changes']): readonly Difference[] {
  const groups = new Map<string, Difference>();
  for (const { before, now, detail } of changes) {
    const key = `${before}\n${now}`;
    const known = groups.get(key);
    groups.set(key, { before, now, ...(detail !== undefined && { detail }), ...known, count: (known?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** Ids that were selected and are still there to be selected. */
export function stillThere(selected: ReadonlySet<string>, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => selected.has(id));
}

export function toggle(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}
