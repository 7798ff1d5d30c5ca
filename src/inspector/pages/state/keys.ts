import { type PageName, pages } from './place.js';

/** What a key asks for. */
export type Command =
  | { readonly do: 'go'; readonly page: PageName }
  | { readonly do: 'filter' | 'next' | 'previous' | 'back' | 'select' | 'replay' | 'pause' | 'help' };

export interface Press {
  readonly key: string;
  /** Ctrl, Alt or Meta is held: the browser's or the system's. */
  readonly modified: boolean;
  /** In a field that takes text or chooses by letters. */
  readonly typing: boolean;
  /** A dialog is open: it has the keys. */
  readonly dialog: boolean;
  /** Milliseconds, of any clock that only goes on. */
  readonly at: number;
}

/** When `g` was pressed, while its second key is waited for. */
export type Pending = number | undefined;

/** Milliseconds within which the key after `g` counts. */
export const patience = 1_500;

const single: { readonly [key: string]: Command } = {
  '/': { do: 'filter' },
  j: { do: 'next' },
  k: { do: 'previous' },
  x: { do: 'select' },
  r: { do: 'replay' },
  p: { do: 'pause' },
  '?': { do: 'help' },
};

/** The keys as the help lists them. */
export const keyHelp: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ['/'], does: 'Go to the filter' },
  { keys: ['j', 'k'], does: 'Next row, previous row' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['Esc'], does: 'Back to the list' },
  { keys: ['x'], does: 'Select the row' },
  { keys: ['r'], does: 'Replay: asks first' },
  { keys: ['p'], does: 'Pause the live tail, or go on' },
  ...pages.map(({ key, title }) => ({ keys: ['g', key], does: title })),
  { keys: ['?'], does: 'These keys' },
];

/** `letters`: false where the user has switched the keys of one letter off; Esc stays. */
export function reduceKey(
  pending: Pending,
  { key, modified, typing, dialog, at }: Press,
  letters = true,
): { readonly pending?: Pending; readonly command?: Command } {
  if (modified || dialog) return {};
  if (key === 'Escape') return { command: { do: 'back' } };
  if (typing || !letters) return {};
  if (pending !== undefined && at - pending < patience) {
    const page = pages.find((each) => each.key === key);
    if (page !== undefined) return { command: { do: 'go', page: page.name } };
  }
  if (key === 'g') return { pending: at };
  const command = Object.hasOwn(single, key) ? single[key] : undefined;
  return command === undefined ? {} : { command };
}
