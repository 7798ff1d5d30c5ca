import { useState } from 'preact/hooks';
import type { InspectorConfig, LintFinding } from '../../contract.js';
import { isConfig, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { Command, Fact, Shown, Time, Trouble, Where } from './parts.js';
import { Routes } from './routes.js';

/** What is in effect, and where events go by it. */
export function Configuration() {
  const [settled, setSettled] = useState(false);
  const config = useData(routes.config, isConfig, settled ? 5_000 : 1_000);
  const now = useNow();
  const lint = config.data?.lint.state;
  if (lint !== undefined && (lint !== 'running') !== settled) setSettled(lint !== 'running');
  return (
    <>
      <h1 tabIndex={-1}>Configuration</h1>
      <Shown of={config}>
        {(data) => (
          <>
            {data.lastError !== undefined && (
              <Trouble
                of={new Error(`The last reload was refused; what you see is still in effect. ${data.lastError}`)}
              />
            )}
            <dl class="facts">
              <Fact name="File">
                <code>{data.file}</code>
              </Fact>
              <Fact name="Digest">
                <code>{data.digest}</code>
              </Fact>
              <Fact name="Loaded">
                <Time at={data.loadedAt} now={now} age />
              </Fact>
            </dl>
            <Routes routes={data.routes} unrouted={data.unrouted} now={now} />
            <Findings lint={data.lint} />
            <section>
              <h2>In effect</h2>
              <p class="muted">
                With variables and defaults filled in; of secrets the names only. In the terminal:{' '}
                <Command>gateway config print</Command>
              </p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
              <pre class="yaml" tabIndex={0}>
                {data.text}
              </pre>
            </section>
          </>
        )}
      </Shown>
    </>
  );
}

function Findings({ lint: { state, findings } }: { lint: InspectorConfig['lint'] }) {
  return (
    <section>
      <h2>What lint says</h2>
      {state === 'running' && <p class="muted">Looking …</p>}
      {state === 'failed' && (
        <p class="note">
          It could not be run here. In the terminal: <Command>gateway lint-config</Command>
        </p>
      )}
      {state === 'done' && findings.length === 0 && <p class="good">No faults.</p>}
      {findings.length > 0 && (
        <ul class="findings">
          {findings.map((finding, index) => (
            <Finding key={`${index} ${finding.rule}`} of={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Finding({ of: { rule, severity, file, line, column, message, hint } }: { of: LintFinding }) {
  return (
    <li>
      <p>
        <strong class={severity === 'error' ? 'bad' : 'note'}>{severity}</strong> {message}{' '}
        <span class="muted">{rule}</span>
      </p>
      {hint !== undefined && <p class="muted">{hint}</p>}
      <p>
        {line === undefined ? (
          <code class="where">{file}</code>
        ) : (
          <Where place={{ file, line, ...(column !== undefined && { column }) }} />
        )}
      </p>
    </li>
  );
}
