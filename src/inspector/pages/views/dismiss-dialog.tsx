import { useState } from 'preact/hooks';
import type { LetterChoice } from '../../contract.js';
import { isAbout, isDismissed, routes } from '../browser/api.js';
import { post } from '../browser/client.js';
import { useData } from '../browser/hooks.js';
import { Dialog } from './dialog.js';
import { Trouble } from './parts.js';

interface Props {
  readonly choice: LetterChoice;
  readonly title: string;
  readonly onClose: (changed: boolean) => void;
}

/** A dismissed letter is not listed as open any more; it stays in its topic. */
export function DismissDialog({ choice, title, onClose }: Props) {
  const [fixed] = useState(choice);
  const [note, setNote] = useState('');
  const [trouble, setTrouble] = useState<Error>();
  const about = useData(routes.about, isAbout);
  async function dismiss(event: Event): Promise<void> {
    event.preventDefault();
    setTrouble(undefined);
    try {
      await post(routes.dismiss, { ...fixed, ...(note !== '' && { note }) }, isDismissed);
      onClose(true);
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return (
    <Dialog title={title} onClose={() => onClose(false)}>
      <form onSubmit={dismiss}>
        <p>
          A dismissed letter is done: it is no longer listed as open, and a replay leaves it out. It stays in its topic.
        </p>
        {about.data?.writable === false ? (
          <p class="note">The inspector is read-only: it dismisses only where the configuration has admin.token.</p>
        ) : (
          <>
            <label>
              <span>Note, if you like</span>
              <input
                type="text"
                value={note}
                maxLength={200}
                autocomplete="off"
                onInput={({ currentTarget }) => setNote(currentTarget.value)}
              />
            </label>
            <Trouble of={trouble} />
            <button type="submit">Dismiss</button>
          </>
        )}
      </form>
    </Dialog>
  );
}
