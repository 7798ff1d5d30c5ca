import type { Activity, EndpointActivity } from '../../contract.js';
import { isActivity, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { formatCount, formatMs, formatRate } from '../state/format.js';
import { merge } from '../state/outcomes.js';
import { writePlace } from '../state/place.js';
import { Bars } from './chart.js';
import { Command, Empty, Outcome, Shown, Time } from './parts.js';
import { State } from './state.js';
import { type Column, type Line, Table } from './table.js';

/** What goes through the gateway at the moment. */
export function Now() {
  const activity = useData(routes.activity, isActivity, 2_000);
  const now = useNow();
  return (
    <>
      <h1 tabIndex={-1}>Now</h1>
      <State now={now} />
      <Shown of={activity}>
        {({ endpoints, unknownPaths }) => (
          <>
            <Endpoints endpoints={endpoints} now={now} />
            <UnknownPaths paths={unknownPaths} now={now} />
          </>
        )}
      </Shown>
    </>
  );
}

function Endpoints({ endpoints, now }: { endpoints: readonly EndpointActivity[]; now: number }) {
  if (endpoints.length === 0) {
    return (
      <Empty title="No endpoint is configured.">
        <p>
          Write a configuration with one: <Command>gateway init --provider stripe</Command>
        </p>
      </Empty>
    );
  }
  return (
    <section>
      <h2>Endpoints</h2>
      <Table label="Endpoints" columns={columns} lines={endpoints.map((each) => endpointLine(each, now))} stacked />
      {endpoints.every(({ lastEvent }) => lastEvent === undefined) && (
        <Empty title="No webhook has come yet.">
          <p>
            Send a signed example: <Command>gateway simulate send</Command>
          </p>
        </Empty>
      )}
    </section>
  );
}

const columns: readonly Column[] = [
  { title: 'Endpoint' },
  { title: 'Last hour' },
  { title: 'Outcomes, last hour' },
  { title: 'Rate', number: true },
  { title: 'p50', number: true },
  { title: 'p99', number: true },
  { title: 'Last event' },
  { title: 'Secrets, last used' },
];

function endpointLine(of: EndpointActivity, now: number): Line {
  const { endpoint, path, provider, minutes, rate1m, p50, p99 } = of;
  return {
    key: endpoint,
    cells: [
      <>
        <a data-row href={writePlace({ page: 'deliveries', query: { endpoint } })}>
          {endpoint}
        </a>
        <span class="under">
          {provider}, <code>{path}</code>
        </span>
      </>,
      <Bars key="bars" series={minutes} span="The last hour" width={180} height={28} />,
      <OutcomeCounts key="outcomes" of={of} />,
      formatRate(rate1m),
      p50 === undefined ? '–' : formatMs(p50),
      p99 === undefined ? '–' : formatMs(p99),
      <LastEvent key="last" of={of} now={now} />,
      <Secrets key="secrets" of={of} now={now} />,
    ],
  };
}

function OutcomeCounts({ of: { endpoint, minutes } }: { of: EndpointActivity }) {
  const counts = Object.entries(merge(minutes)).filter(([, count]) => count > 0);
  if (counts.length === 0) return <span class="muted">none</span>;
  return (
    <ul class="inline">
      {counts.map(([outcome, count]) => (
        <li key={outcome}>
          <a class="plain" href={writePlace({ page: 'deliveries', query: { endpoint, outcome } })}>
            <Outcome of={outcome} /> {formatCount(count)}
          </a>
        </li>
      ))}
    </ul>
  );
}

function LastEvent({ of: { lastEvent, silence }, now }: { of: EndpointActivity; now: number }) {
  if (lastEvent === undefined) return <span class="muted">none since the start</span>;
  return (
    <>
      <Time at={lastEvent} now={now} age />
      {silence !== undefined && (
        <span class="under bad">silent: about {formatCount(silence.expected)} would have come</span>
      )}
    </>
  );
}

function Secrets({ of: { secretLastUsed }, now }: { of: EndpointActivity; now: number }) {
  return (
    <ul class="lines">
      {Object.entries(secretLastUsed).map(([name, at]) => (
        <li key={name}>
          {name}: {at === null ? <span class="note">not used since the start</span> : <Time at={at} now={now} age />}
        </li>
      ))}
    </ul>
  );
}

function UnknownPaths({ paths, now }: { paths: Activity['unknownPaths']; now: number }) {
  if (paths.length === 0) return null;
  return (
    <section>
      <h2>Requests to paths that no endpoint has</h2>
      <Table
        label="Unknown paths"
        columns={[
          { title: 'Path' },
          { title: 'Requests', number: true },
          { title: 'Last' },
          { title: 'Did the sender mean' },
        ]}
        lines={paths.map(({ path, count, last, didYouMean }) => ({
          key: path,
          cells: [
            <code key="path">{path}</code>,
            formatCount(count),
            <Time key="last" at={last} now={now} age />,
            didYouMean === undefined ? <span class="muted">–</span> : <code>{didYouMean}</code>,
          ],
        }))}
        stacked
      />
    </section>
  );
}
