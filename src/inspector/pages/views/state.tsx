import type { Status } from '../../../server/telemetry/status.js';
import { isStatus, routes } from '../browser/api.js';
import { useData } from '../browser/hooks.js';
import { count, formatBytes, formatSpan } from '../state/format.js';
import { Fact, Time, Trouble } from './parts.js';

/** The state of the gateway as a line of facts. */
export function State({ now }: { now: number }) {
  const { data, trouble } = useData(routes.status, isStatus, 2_000);
  if (data === undefined) return <Trouble of={trouble} />;
  return (
    <>
      <Trouble of={trouble} />
      {data.config.lastError !== undefined && (
        <p class="trouble" role="alert">
          The last reload was refused; the configuration before it is in effect. {data.config.lastError}
        </p>
      )}
      <dl class="facts">
        <Fact name="Gateway" tone={data.ready ? 'good' : 'bad'}>
          {data.ready ? 'ready' : 'not ready'}
        </Fact>
        <Queue of={data} />
        <Spool of={data} />
        <Fact name="Workers" tone={data.workers.ready < data.workers.of ? 'bad' : undefined}>
          {data.workers.ready} of {data.workers.of}
        </Fact>
        <Fact name="Configuration">
          <code title={data.config.file}>{data.config.digest.slice(0, 12)}</code>, loaded{' '}
          <Time at={data.config.loadedAt} now={now} age />
        </Fact>
        <Fact name="Version">
          {data.version}, up {formatSpan(now - Date.parse(data.startedAt))}
        </Fact>
      </dl>
    </>
  );
}

/** Without a queue the records go to the embedded log. */
function Queue({ of: { connected, queue } }: { of: Status }) {
  if (queue === undefined) return <Fact name="Records go to">the embedded log</Fact>;
  return (
    <>
      <Fact name="Kafka" tone={connected ? 'good' : 'bad'}>
        {connected ? 'connected' : 'no connection'}
      </Fact>
      <Fact name="Lag">{queue.records === 0 ? 'none' : count(queue.records, 'record')}</Fact>
    </>
  );
}

function Spool({ of: { queue, lanes, spoolFull, spoolUnusable } }: { of: Status }) {
  if (queue === undefined) return null;
  const records = lanes.reduce((sum, lane) => sum + lane.records, 0);
  const bytes = lanes.reduce((sum, lane) => sum + lane.bytes, 0);
  const oldest = Math.max(0, ...lanes.map((lane) => lane.oldestSeconds));
  const parked = lanes.reduce((sum, lane) => sum + lane.parked, 0);
  const state = spoolUnusable ? 'cannot be used' : spoolFull ? 'full' : undefined;
  const waiting = `${count(records, 'record')}, ${formatBytes(bytes)}, the oldest for ${formatSpan(oldest * 1_000)}`;
  return (
    <>
      <Fact name="Spool" tone={state === undefined ? (records > 0 ? 'note' : undefined) : 'bad'}>
        {state ?? (records === 0 ? 'empty' : waiting)}
      </Fact>
      <Fact name="Parked" tone={parked > 0 ? 'note' : undefined}>
        {parked === 0 ? 'none' : count(parked, 'record')}
      </Fact>
    </>
  );
}
