import { useState } from 'preact/hooks';
import type { LetterChoice, LetterRow } from '../../contract.js';
import { isLetterGroups, isLetterList, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { count, formatBytes, inWords } from '../state/format.js';
import { writePlace, writeQuery } from '../state/place.js';
import { stillThere, toggle } from '../state/replay.js';
import { DismissDialog } from './dismiss-dialog.js';
import { Empty, Name, Outcome, Shown, Time } from './parts.js';
import { ReplayDialog } from './replay-dialog.js';
import { type Column, type Line, Table } from './table.js';

/** The letters of one group. */
export function LetterGroup({ group, all }: { group: string; all: boolean }) {
  const state = all ? '' : 'open';
  const list = useData(`${routes.letters}${writeQuery({ group, state, limit: '200' })}`, isLetterList);
  const groups = useData(routes.groups, isLetterGroups);
  const about = groups.data?.groups.find((each) => each.group === group);
  function reload(): void {
    list.reload();
    groups.reload();
  }
  return (
    <>
      <p class="crumb">
        <a href={writePlace({ page: 'dead-letters', query: {} })}>Dead letters</a> <kbd>Esc</kbd>
      </p>
      <h1 tabIndex={-1}>
        {about === undefined ? 'Dead letters of one group' : `${inWords(about.reason)}, ${about.endpoint}`}
      </h1>
      {about !== undefined && about.pointer !== '' && (
        <p>
          In the body at <code>{about.pointer}</code>
        </p>
      )}
      <Shown of={list}>
        {({ letters, total }) =>
          letters.length === 0 ? (
            <Empty title="All letters of this group are replayed or dismissed." />
          ) : (
            <Letters group={group} letters={letters} total={total} open={about?.open ?? total} reload={reload} />
          )
        }
      </Shown>
      {!all && (
        <p>
          <a href={writePlace({ page: 'dead-letters', query: { group, state: 'all' } })}>
            Show those that are replayed or dismissed, too
          </a>
        </p>
      )}
    </>
  );
}

interface Props {
  readonly group: string;
  readonly letters: readonly LetterRow[];
  readonly total: number;
  /** How many of the group are to be replayed. */
  readonly open: number;
  readonly reload: () => void;
}

function Letters({ group, letters, total, open: openLetters, reload }: Props) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<'replay' | 'dismiss'>();
  const now = useNow();
  const ids = stillThere(
    selected,
    letters.map(({ id }) => id),
  );
  const choice: LetterChoice = ids.length === 0 ? { group } : { ids };
  const all = openLetters === 1 ? 'the open letter' : `all ${count(openLetters, 'open letter')}`;
  const what = ids.length === 0 ? all : count(ids.length, 'selected letter');
  function close(changed: boolean): void {
    setOpen(undefined);
    if (!changed) return;
    setSelected(new Set());
    reload();
  }
  return (
    <>
      <div class="toolbar">
        <button type="button" data-key="replay" aria-haspopup="dialog" onClick={() => setOpen('replay')}>
          Replay {what} … <kbd>r</kbd>
        </button>
        <button type="button" aria-haspopup="dialog" onClick={() => setOpen('dismiss')}>
          Dismiss {what} …
        </button>
      </div>
      <Table
        label="Letters, newest first"
        columns={columns}
        head={1}
        lines={letters.map((letter) =>
          toLine(letter, { group, now, selected, onToggle: () => setSelected(toggle(selected, letter.id)) }),
        )}
      />
      {total > letters.length && <p class="muted">The newest {letters.length} are shown.</p>}
      {open === 'replay' && <ReplayDialog choice={choice} title={`Replay ${what}`} onClose={close} />}
      {open === 'dismiss' && <DismissDialog choice={choice} title={`Dismiss ${what}`} onClose={close} />}
    </>
  );
}

const columns: readonly Column[] = [
  { title: 'Selected', untitled: true },
  { title: 'Received' },
  { title: 'Event type' },
  { title: 'State' },
  { title: 'Detail', level: 2 },
  { title: 'Sender', level: 2 },
  { title: 'Body', level: 2, number: true },
];

interface Given {
  readonly group: string;
  readonly now: number;
  readonly selected: ReadonlySet<string>;
  readonly onToggle: () => void;
}

function toLine(letter: LetterRow, { group, now, selected, onToggle }: Given): Line {
  const { id, at, type, state, detail, verified, bytes } = letter;
  return {
    key: id,
    ...(selected.has(id) && { class: 'selected' }),
    cells: [
      <input
        key="selected"
        type="checkbox"
        aria-label={`Select ${id}`}
        checked={selected.has(id)}
        onChange={onToggle}
      />,
      <a key="at" data-row href={writePlace({ page: 'dead-letters', id, query: { group } })}>
        <Time at={at} now={now} />
      </a>,
      type === undefined ? <span class="muted">–</span> : <Name>{type}</Name>,
      <Outcome key="state" of={state} />,
      detail,
      verified ? 'proven' : 'not proven',
      formatBytes(bytes),
    ],
  };
}
