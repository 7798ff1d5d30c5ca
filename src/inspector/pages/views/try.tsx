import { useEffect, useState } from 'preact/hooks';
import type { EvalResult, ProviderAbout } from '../../contract.js';
import { isAbout, isEvalResult, isProviders, routes } from '../browser/api.js';
import { askForToken, hasToken, post } from '../browser/client.js';
import { useData, useSettled } from '../browser/hooks.js';
import { actOnPage } from '../browser/keyboard.js';
import { goTo } from '../browser/navigation.js';
import { formatMs } from '../state/format.js';
import type { Query } from '../state/place.js';
import { mark, show } from '../state/tried.js';
import { Command, Empty, Shown, Trouble } from './parts.js';
import { Table } from './table.js';

/** A rule on the examples of a plugin, as it is typed. */
export function Try({ query }: { query: Query }) {
  const providers = useData(routes.providers, isProviders);
  const about = useData(routes.about, isAbout);
  const [given, setGiven] = useState(hasToken);
  const locked = about.data === undefined || (about.data.writable && !given);
  return (
    <>
      <h1 tabIndex={-1}>Try a rule</h1>
      <p class="muted">
        JSONata, as in <code>key</code>, <code>when</code> and <code>id</code>, on the examples that the plugin has. No
        webhook is read.
      </p>
      <Shown of={providers}>
        {({ providers: all }) =>
          all.length === 0 ? <NoProviders /> : <Form providers={all} query={query} locked={locked} />
        }
      </Shown>
      {about.data !== undefined && locked && <Unlock onGiven={() => setGiven(true)} />}
    </>
  );
}

/** The token is asked for before somebody types, not while. */
function Unlock({ onGiven }: { onGiven: () => void }) {
  async function unlock(): Promise<void> {
    await askForToken();
    onGiven();
    actOnPage('filter');
  }
  return (
    <Empty title="This gateway evaluates rules for those who have its token.">
      <p>
        <button type="button" class="primary" onClick={() => unlock().catch(() => undefined)}>
          Give the token …
        </button>
      </p>
    </Empty>
  );
}

function NoProviders() {
  return (
    <Empty title="No endpoint is configured, so there are no examples.">
      <p>
        In the terminal: <Command>gateway eval EXPRESSION --event TYPE</Command>
      </p>
    </Empty>
  );
}

interface FormProps {
  readonly providers: readonly ProviderAbout[];
  readonly query: Query;
  /** Nothing is evaluated yet. */
  readonly locked: boolean;
}

function Form({ providers, query, locked }: FormProps) {
  const endpoints = providers.flatMap((provider) => provider.endpoints.map((name) => ({ name, provider })));
  const endpoint = endpoints.find(({ name }) => name === query.endpoint) ?? endpoints[0];
  const [expression, setExpression] = useState(query.rule ?? '');
  const rule = useSettled(expression.trim(), 300);
  const example = endpoint?.provider.examples.includes(query.example ?? '') ? query.example : undefined;
  const tried = useTried(endpoint?.name ?? '', example, locked ? '' : rule);
  function change(next: Query): void {
    goTo({ page: 'try', query: { ...query, rule, ...next } }, true);
  }
  useEffect(() => {
    if (rule !== (query.rule ?? '')) change({});
  }, [rule]);
  return (
    <>
      <form class="try" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Endpoint</span>
          <select value={endpoint?.name} onChange={({ currentTarget }) => change({ endpoint: currentTarget.value })}>
            {endpoints.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Example</span>
          <select value={example ?? ''} onChange={({ currentTarget }) => change({ example: currentTarget.value })}>
            <option value="">all</option>
            {endpoint?.provider.examples.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="main">
          <span>
            Rule <kbd>/</kbd>
          </span>
          <textarea
            rows={3}
            data-key="filter"
            spellcheck={false}
            autocomplete="off"
            maxLength={10_000}
            placeholder='data.object.customer & "-" & data.object.currency'
            value={expression}
            onInput={({ currentTarget }) => setExpression(currentTarget.value)}
          />
        </label>
      </form>
      <Trouble of={tried.trouble} />
      {tried.result?.fault !== undefined && <Fault fault={tried.result.fault} rule={tried.rule} />}
      {tried.result !== undefined && tried.result.fault === undefined && <Results of={tried.result} />}
    </>
  );
}

interface TriedState {
  readonly rule: string;
  readonly result?: EvalResult;
  readonly trouble?: Error;
}

function useTried(endpoint: string, example: string | undefined, rule: string): TriedState {
  const [state, setState] = useState<TriedState>({ rule: '' });
  useEffect(() => {
    if (rule === '') return setState({ rule });
    const gone = new AbortController();
    const wanted = { endpoint, expression: rule, ...(example !== undefined && { example }) };
    post(routes.evaluate, wanted, isEvalResult, gone.signal).then(
      (result) => !gone.signal.aborted && setState({ rule, result }),
      (error: unknown) => {
        if (gone.signal.aborted) return;
        setState({ rule, trouble: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => gone.abort();
  }, [endpoint, example, rule]);
  return state;
}

function Fault({ fault: { message, hint, within }, rule }: { fault: NonNullable<EvalResult['fault']>; rule: string }) {
  const [before, marked, after] = mark(rule, within);
  return (
    <div class="fault" role="status">
      <pre>
        {before}
        {marked !== '' && <mark>{marked}</mark>}
        {after}
      </pre>
      <p class="bad">{message}</p>
      {hint !== undefined && <p>{hint}</p>}
    </div>
  );
}

function Results({ of: { results } }: { of: EvalResult }) {
  if (results.length === 0) return <Empty title="The plugin has no examples." />;
  return (
    <Table
      label="Results"
      columns={[
        { title: 'Example' },
        { title: 'Type' },
        { title: 'Result' },
        { title: 'Time taken', number: true, level: 2 },
      ]}
      lines={results.map((result) => ({
        key: `${result.example} ${result.item}`,
        cells: [
          <>
            {result.example}
            {result.item !== undefined && result.item !== '' && <span class="under">{result.item}</span>}
          </>,
          <span key="type" class={result.type === 'nothing' ? 'note' : ''}>
            {result.error === undefined ? result.type : 'error'}
          </span>,
          result.error === undefined ? (
            <code class="result">{show(result)}</code>
          ) : (
            <span class="bad">{result.error}</span>
          ),
          formatMs(result.ms),
        ],
      }))}
      stacked
    />
  );
}
