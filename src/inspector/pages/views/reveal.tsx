import { useState } from 'preact/hooks';
import type { Revealed } from '../../contract.js';
import { isRevealed, routes } from '../browser/api.js';
import { post } from '../browser/client.js';
import { count } from '../state/format.js';
import { Dialog } from './dialog.js';
import { Trouble } from './parts.js';

/** Asks for the reason, which the gateway writes to its log, then shows the body. */
export function Reveal({ id, onClose }: { id: string; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [revealed, setRevealed] = useState<Revealed>();
  const [trouble, setTrouble] = useState<Error>();
  async function reveal(event: Event): Promise<void> {
    event.preventDefault();
    setTrouble(undefined);
    try {
      setRevealed(await post(routes.reveal(id), { reason }, isRevealed));
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (revealed !== undefined) {
    return (
      <Dialog title="Body" onClose={onClose}>
        <p class="muted">
          {revealed.encoding === 'base64' ? 'Base64: it is not UTF-8. ' : ''}
          {revealed.masked > 0 && `${count(revealed.masked, 'card number is', 'card numbers are')} masked. `}
          From {revealed.place}.
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
        <pre class="body" tabIndex={0}>
          {revealed.body}
        </pre>
      </Dialog>
    );
  }
  return (
    <Dialog title="Reveal the body" onClose={onClose}>
      <form onSubmit={reveal}>
        <p>Your reason and the id of the delivery go to the log of the gateway.</p>
        <label>
          <span>Reason, at least 8 characters</span>
          <input
            type="text"
            value={reason}
            required
            minLength={8}
            maxLength={500}
            autocomplete="off"
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        <Trouble of={trouble} />
        <button type="submit">Reveal</button>
      </form>
    </Dialog>
  );
}
