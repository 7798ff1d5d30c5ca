import { useState } from 'preact/hooks';
import { lettersOn, switchLetters } from '../browser/keyboard.js';
import { keyHelp } from '../state/keys.js';
import { Dialog } from './dialog.js';

/** The keys, and the switch for those of one letter. */
export function Help({ onClose }: { onClose: () => void }) {
  const [letters, setLetters] = useState(lettersOn);
  function toggle(): void {
    switchLetters(!letters);
    setLetters(!letters);
  }
  return (
    <Dialog title="Keys" onClose={onClose}>
      <table class="keys">
        <tbody>
          {keyHelp.map(({ keys, does }) => (
            <tr key={does}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input type="checkbox" checked={letters} onChange={toggle} /> Keys of one letter are on
      </label>
    </Dialog>
  );
}
