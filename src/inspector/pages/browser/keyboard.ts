import { useEffect } from 'preact/hooks';
import { type Command, type Pending, reduceKey } from '../state/keys.js';

const setting = 'inspector.letters';

/** Whether keys of one letter do something (WCAG 2.1.4: they can be switched off). */
export function lettersOn(): boolean {
  return localStorage.getItem(setting) !== 'off';
}

export function switchLetters(on: boolean): void {
  if (on) localStorage.removeItem(setting);
  else localStorage.setItem(setting, 'off');
}

/** Tells of each command that a key asks for; `act` must be the same function each time. */
export function useKeyboard(act: (command: Command) => void): void {
  useEffect(() => {
    let pending: Pending;
    function press(event: KeyboardEvent): void {
      const { key, ctrlKey, altKey, metaKey, timeStamp } = event;
      const dialog = document.querySelector('dialog[open]') !== null;
      const given = { key, modified: ctrlKey || altKey || metaKey, typing: isTyping(event.target), dialog };
      const { pending: next, command } = reduceKey(pending, { ...given, at: timeStamp }, lettersOn());
      pending = next;
      if (command === undefined) return;
      if (command.do !== 'back') event.preventDefault();
      act(command);
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [act]);
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' && target.type !== 'radio';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Does on the page what a command asks for: a key presses what a pointer would. */
export function actOnPage(command: Exclude<Command['do'], 'go' | 'back' | 'help'>): void {
  if (command === 'next') moveRow(1);
  else if (command === 'previous') moveRow(-1);
  else if (command === 'select') currentRow()?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
  else if (command === 'filter') focusFilter();
  else pressButton(`[data-key="${command}"]`);
}

/** That of the row, where it has one. */
function pressButton(selector: string): void {
  (currentRow()?.querySelector<HTMLElement>(selector) ?? document.querySelector<HTMLElement>(selector))?.click();
}

/** Takes the focus out of a field; false: it was in none. */
export function leaveField(): boolean {
  const field = document.activeElement;
  if (!(field instanceof HTMLElement) || !isTyping(field)) return false;
  field.blur();
  return true;
}

function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const row = currentRow();
  const at = rows.findIndex((each) => row?.contains(each));
  const next = rows[at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function currentRow(): Element | null | undefined {
  return document.activeElement?.closest('tr');
}

function focusFilter(): void {
  const field = document.querySelector<HTMLInputElement>('[data-key="filter"]');
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
