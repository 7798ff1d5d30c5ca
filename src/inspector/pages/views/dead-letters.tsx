import { useState } from 'preact/hooks';
import type { LetterGroup } from '../../contract.js';
import { isLetterGroups, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { count, formatCount, inWords } from '../state/format.js';
import { writePlace } from '../state/place.js';
import { Empty, Shown, Time } from './parts.js';
import { ReplayDialog } from './replay-dialog.js';
import { type Column, type Line, Table } from './table.js';

/** Dead letters of one cause are one row. */
export function DeadLetters() {
  const groups = useData(routes.groups, isLetterGroups, 15_000);
  const now = useNow();
  return (
    <>
      <h1 tabIndex={-1}>Dead letters</h1>
      <Shown of={groups}>
        {(data) => (
          <>
            <p class="muted">
              By endpoint, reason and place in the body, of topic <code>{data.topic}</code>.
              {data.cut && ' Only the newest 50,000 records of each partition were read.'}
            </p>
            {data.groups.length === 0 ? (
              <Empty title="No dead letters.">
                <p>A webhook that cannot be published is kept here, with the reason, until you replay or dismiss it.</p>
              </Empty>
            ) : (
              <Groups groups={data.groups} now={now} reload={groups.reload} />
            )}
          </>
        )}
      </Shown>
    </>
  );
}

interface Props {
  readonly groups: readonly LetterGroup[];
  readonly now: number;
  readonly reload: () => void;
}

function Groups({ groups, now, reload }: Props) {
  const [replaying, setReplaying] = useState<LetterGroup>();
  return (
    <>
      <Table
        label="Groups of dead letters"
        columns={columns}
        lines={groups.map((group) => toLine(group, now, () => setReplaying(group)))}
        stacked
      />
      {replaying !== undefined && (
        <ReplayDialog
          choice={{ group: replaying.group }}
          title={`${count(replaying.open, 'letter')}: ${inWords(replaying.reason)}`}
          onClose={(changed) => {
            setReplaying(undefined);
            if (changed) reload();
          }}
        />
      )}
    </>
  );
}

const columns: readonly Column[] = [
  { title: 'Reason' },
  { title: 'Endpoint' },
  { title: 'In the body at' },
  { title: 'Open', number: true },
  { title: 'Replayed', number: true },
  { title: 'Dismissed', number: true },
  { title: 'First' },
  { title: 'Last' },
  { title: 'Actions', untitled: true },
];

function toLine(of: LetterGroup, now: number, replay: () => void): Line {
  const { group, endpoint, reason, pointer, open, replayed, dismissed, unproven, first, last } = of;
  return {
    key: group,
    ...(open === 0 && { class: 'done' }),
    cells: [
      <>
        <a data-row href={writePlace({ page: 'dead-letters', query: { group } })}>
          {inWords(reason)}
        </a>
        {unproven > 0 && (
          <span class="under">{unproven === open ? 'sender not proven' : `${unproven} not proven`}</span>
        )}
      </>,
      endpoint,
      pointer === '' ? <span class="muted">–</span> : <code>{pointer}</code>,
      formatCount(open),
      formatCount(replayed),
      formatCount(dismissed),
      <Time key="first" at={first} now={now} age />,
      <Time key="last" at={last} now={now} age />,
      open > 0 && (
        <button type="button" data-key="replay" aria-haspopup="dialog" onClick={replay}>
          Replay …
        </button>
      ),
    ],
  };
}
