import type { Activity, EndpointActivity } from '../../contract.js';
import { isActivity, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { formatCount, formatMs, formatRate } from '../state/format.js';
import { merge } from '../state/outcomes.js';
import { writePlace } from '../state/place.js';
import { Bars } from './chart.js';
import { Command, Empty, Outcome, Shown, Time, Wide } from './parts.js';
import { State } from './state.js';

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
    <section aria-labelledby="endpoints">
      <h2 id="endpoints">Endpoints</h2>
      <Wide label="Endpoints">
        <table>
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col" class="spark-column">
                Last hour
              </th>
              <th scope="col">Outcomes, last hour</th>
              <th scope="col" class="number">
                Rate
              </th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p99
              </th>
              <th scope="col">Last event</th>
              <th scope="col">Secrets, last used</th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map((each) => (
              <Endpoint key={each.endpoint} of={each} now={now} />
            ))}
          </tbody>
        </table>
      </Wide>
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

function Endpoint({ of, now }: { of: EndpointActivity; now: number }) {
  const { endpoint, path, provider, minutes, rate1m, p50, p99, lastEvent } = of;
  return (
    <tr>
      <th scope="row">
        <a data-row href={writePlace({ page: 'deliveries', query: { endpoint } })}>
          {endpoint}
        </a>
        <span class="under">
          {provider}, <code>{path}</code>
        </span>
      </th>
      <td class="spark-column">
        <Bars series={minutes} span="The last hour" width={180} height={28} />
      </td>
      <td>
        <OutcomeCounts of={of} />
      </td>
      <td class="number">{formatRate(rate1m)}</td>
      <td class="number">{p50 === undefined ? '–' : formatMs(p50)}</td>
      <td class="number">{p99 === undefined ? '–' : formatMs(p99)}</td>
      <td>
        {lastEvent === undefined ? <span class="muted">none since the start</span> : <Time at={lastEvent} now={now} age />}
      </td>
      <td>
        <Secrets of={of} now={now} />
      </td>
    </tr>
  );
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

function Secrets({ of: { secretLastUsed }, now }: { of: EndpointActivity; now: number }) {
  return (
    <ul class="lines">
      {Object.entries(secretLastUsed).map(([name, at]) => (
        <li key={name}>
          {name}:{' '}
          {at === null ? <span class="note">not used since the start</span> : <Time at={at} now={now} age />}
        </li>
      ))}
    </ul>
  );
}

function UnknownPaths({ paths, now }: { paths: Activity['unknownPaths']; now: number }) {
  if (paths.length === 0) return null;
  return (
    <section aria-labelledby="unknown">
      <h2 id="unknown">Requests to paths that no endpoint has</h2>
      <Wide label="Unknown paths">
        <table>
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col">Last</th>
              <th scope="col">Did the sender mean</th>
            </tr>
          </thead>
          <tbody>
            {paths.map(({ path, count, last, didYouMean }) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                </th>
                <td class="number">{formatCount(count)}</td>
                <td>
                  <Time at={last} now={now} age />
                </td>
                <td>{didYouMean === undefined ? <span class="muted">–</span> : <code>{didYouMean}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
