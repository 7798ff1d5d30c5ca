import { useState } from 'preact/hooks';
import type { DeliveryDetail } from '../../contract.js';
import { inWords } from '../state/format.js';
import { DismissDialog } from './dismiss-dialog.js';
import { Outcome, Time } from './parts.js';
import { ReplayDialog } from './replay-dialog.js';

interface Props {
  readonly letter: NonNullable<DeliveryDetail['letter']>;
  readonly now: number;
  readonly onChange: () => void;
}

/** Why a delivery is a dead letter, and what can be done about it. */
export function LetterFacts({ letter: { id, at, state, errors, place, verified }, now, onChange }: Props) {
  const [open, setOpen] = useState<'replay' | 'dismiss'>();
  const choice = { ids: [id] };
  function close(changed: boolean): void {
    setOpen(undefined);
    if (changed) onChange();
  }
  return (
    <section>
      <h2>Why it is a dead letter</h2>
      <ul class="faults">
        {errors.map((error, index) => (
          <li key={`${index} ${error.code}`}>
            <strong>{inWords(error.code)}</strong> at stage {inWords(error.stage)}
            {error.item !== undefined && (
              <>
                , item <code>{error.item}</code>
              </>
            )}
            {error.detail !== undefined && <p>{error.detail}</p>}
            {error.errors.map(({ pointer, message }) => (
              <p key={pointer + message}>
                <code>{pointer || '(the body)'}</code> {message}
              </p>
            ))}
          </li>
        ))}
      </ul>
      <p>
        <Outcome of={state} />, written <Time at={at} now={now} age /> to <code>{place}</code>,{' '}
        {verified ? 'its sender is proven' : 'its sender is not proven'}.
      </p>
      <div class="toolbar">
        <button type="button" data-key="replay" aria-haspopup="dialog" onClick={() => setOpen('replay')}>
          Replay … <kbd>r</kbd>
        </button>
        <button type="button" aria-haspopup="dialog" onClick={() => setOpen('dismiss')}>
          Dismiss …
        </button>
      </div>
      {open === 'replay' && <ReplayDialog choice={choice} title="Replay this letter" onClose={close} />}
      {open === 'dismiss' && <DismissDialog choice={choice} title="Dismiss this letter" onClose={close} />}
    </section>
  );
}
