import { useEffect, useRef, useState } from 'preact/hooks';
import { setTokenAsker } from '../browser/client.js';
import { Dialog } from './dialog.js';

/** Asks for `admin.token` when the server wants it. Nothing keeps it but this page, until it is left. */
export function TokenAsker() {
  const [asked, setAsked] = useState<{ readonly give: (token: string | undefined) => void }>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setTokenAsker(() => new Promise((resolve) => setAsked({ give: resolve })));
    return () => setTokenAsker(undefined);
  }, []);
  if (asked === undefined) return null;
  function answer(token: string | undefined): void {
    asked?.give(token);
    setAsked(undefined);
  }
  function submit(event: Event): void {
    event.preventDefault();
    const given = field.current?.value.trim();
    answer(given === '' ? undefined : given);
  }
  return (
    <Dialog title="Token" onClose={() => answer(undefined)}>
      <form onSubmit={submit}>
        <label>
          <span>
            The value of <code>admin.token</code>. This page forgets it when you leave.
          </span>
          <input ref={field} type="password" required autocomplete="off" />
        </label>
        <button type="submit">Use it</button>
      </form>
    </Dialog>
  );
}
