import { useState } from 'preact/hooks';
import type { LetterChoice, LetterJob } from '../../contract.js';
import { isAbout, routes } from '../browser/api.js';
import { useData } from '../browser/hooks.js';
import { useReplay } from '../browser/replaying.js';
import { count, formatCount, inWords } from '../state/format.js';
import { groupChanges } from '../state/replay.js';
import { Dialog } from './dialog.js';
import { Outcome } from './parts.js';
import { Table } from './table.js';

interface Props {
  readonly choice: LetterChoice;
  readonly title: string;
  /** `changed`: something was replayed. */
  readonly onClose: (changed: boolean) => void;
}

/** What a replay would do today, and then the replay, if the user says so. */
export function ReplayDialog({ choice, title, onClose }: Props) {
  const [fixed] = useState(choice);
  const { state, start, stop } = useReplay(fixed);
  const begun = state.step === 'replaying' || state.step === 'ended' || state.step === 'failed';
  return (
    <Dialog title={title} onClose={() => onClose(begun)}>
      {state.step === 'checking' && <Progress job={state.job} what="Trying with the configuration of today" />}
      {state.step === 'checked' && <Checked job={state.job} start={start} />}
      {state.step === 'replaying' && (
        <>
          <Progress job={state.job} what="Replaying" />
          <button type="button" onClick={stop}>
            Stop after this batch
          </button>
        </>
      )}
      {state.step === 'ended' && <Ended job={state.job} />}
      {state.step === 'failed' && (
        <p class="trouble" role="alert">
          {state.error}
        </p>
      )}
    </Dialog>
  );
}

function Progress({ job, what }: { job: LetterJob | undefined; what: string }) {
  const far = job === undefined ? '' : `${formatCount(job.done)} of ${count(job.selected, 'letter')}`;
  return (
    <p role="status">
      {what} … {far}
      <progress max={job?.selected || 1} value={job?.done ?? 0} aria-label={what} />
    </p>
  );
}

function Checked({ job, start }: { job: LetterJob; start: () => void }) {
  const about = useData(routes.about, isAbout);
  const { selected, replayed, failing } = job;
  return (
    <>
      <p role="status">
        With the configuration of today, {formatCount(replayed)} of {count(selected, 'letter')} would be replayed
        {failing > 0 && ` and ${formatCount(failing)} would fail again`}.
      </p>
      <Events job={job} would />
      <Differences job={job} />
      {replayed === 0 && (
        <p class="muted">
          Mend the cause in the configuration first, then reload it: <code class="command">gateway reload</code>
        </p>
      )}
      {about.data?.writable === false ? (
        <p class="note">The inspector is read-only: it replays only where the configuration has admin.token.</p>
      ) : (
        <button type="button" class="primary" disabled={replayed === 0} onClick={start}>
          Replay {count(replayed, 'letter')}
        </button>
      )}
    </>
  );
}

function Events({ job: { published, duplicates, topics }, would = false }: { job: LetterJob; would?: boolean }) {
  return (
    <>
      <p>
        {count(published, 'event')}{' '}
        {would ? 'would be published' : published === 1 ? 'was published' : 'were published'}
        {duplicates > 0 && `; ${formatCount(duplicates)} ${duplicates === 1 ? 'is' : 'are'} in the topic already`}.
      </p>
      <ul class="lines">
        {Object.entries(topics).map(([topic, number]) => (
          <li key={topic}>
            <code>{topic}</code> {formatCount(number)}
          </li>
        ))}
      </ul>
    </>
  );
}

function Differences({ job: { changes } }: { job: LetterJob }) {
  if (changes.length === 0) return null;
  return (
    <Table
      label="What has changed since the letters were written"
      columns={[{ title: 'Then' }, { title: 'Now' }, { title: 'Letters', number: true }]}
      lines={groupChanges(changes).map(({ before, now, count: number, detail }) => ({
        key: `${before} ${now}`,
        cells: [
          inWords(before),
          <>
            {now === 'published' ? <Outcome of="accepted" /> : <Outcome of="dead_lettered" reason={now} />}
            {detail !== undefined && <span class="under">{detail}</span>}
          </>,
          formatCount(number),
        ],
      }))}
    />
  );
}

function Ended({ job }: { job: LetterJob }) {
  return (
    <>
      <p role="status">
        <strong>
          {job.state === 'stopped' ? 'Stopped' : 'Done'}: {formatCount(job.replayed)} of {count(job.selected, 'letter')}{' '}
          replayed
        </strong>
        {job.failing > 0 && `, ${formatCount(job.failing)} failed again and stay dead letters`}.
      </p>
      <Events job={job} />
      <Differences job={job.failing > 0 ? job : { ...job, changes: [] }} />
    </>
  );
}
