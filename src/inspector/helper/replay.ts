import { dryRun, runReplay } from '../../cli/replay.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { DeadLetter } from '../../dead-letters/letter.js';
import type { ReplayTally } from '../../dead-letters/plan.js';
import type { LetterChoice } from '../contract.js';
import { chooseLetters } from './letters.js';
import type { JobState } from './messages.js';

/** Letters of which is told what has changed. */
const mostChanges = 200;

/** Replays letters, or says what would come of it. `tell`: how far it is. Rejects with a Failure or a Refused. */
export async function replayLetters(
  settings: GatewaySettings,
  { choice, dry }: { readonly choice: LetterChoice; readonly dry: boolean },
  signal: AbortSignal,
  tell: (state: JobState) => void,
): Promise<JobState> {
  let chosen: readonly DeadLetter[] = [];
  const run = dry ? dryRun : runReplay;
  const tally = await run(settings, {
    choose: (ledger) => (chosen = chooseLetters(ledger, choice)),
    signal,
    show: (now) => tell(toState(now, [])),
  });
  return toState(tally, changesOf(chosen, tally));
}

function toState(
  { selected, replayed, published, duplicates, topics, failing }: ReplayTally,
  changes: JobState['changes'],
): JobState {
  return {
    selected,
    done: replayed + failing.length,
    replayed,
    published,
    duplicates,
    topics: { ...topics },
    failing: failing.length,
    changes,
  };
}

function changesOf(chosen: readonly DeadLetter[], { replayed, failing }: ReplayTally): JobState['changes'] {
  const faults = new Map(failing.map((each) => [each.id, each]));
  // One that was stopped has decided the first of them.
  return chosen.slice(0, Math.min(mostChanges, replayed + failing.length)).map(({ id, reason: before }) => {
    const { reason: now = 'published', detail } = faults.get(id) ?? {};
    return { id, before, now, ...(detail !== undefined && { detail }) };
  });
}
