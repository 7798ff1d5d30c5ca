import type { ProviderAbout } from '../../contract.js';
import { isProviders, routes } from '../browser/api.js';
import { useData } from '../browser/hooks.js';
import { count } from '../state/format.js';
import { Command, Empty, Shown } from './parts.js';
import { type Column, type Line, Table } from './table.js';

/** What the plugins of the endpoints do with a webhook. */
export function Providers() {
  const providers = useData(routes.providers, isProviders);
  return (
    <>
      <h1 tabIndex={-1}>Providers</h1>
      <Shown of={providers}>
        {({ providers: all }) =>
          all.length === 0 ? <None /> : <Table label="Providers" columns={columns} lines={all.map(toLine)} stacked />
        }
      </Shown>
      <p class="next">
        All plugins: <Command>gateway plugins list</Command>. One of your own:{' '}
        <Command>gateway plugins new NAME --like stripe</Command>
      </p>
    </>
  );
}

function None() {
  return (
    <Empty title="No endpoint uses a provider.">
      <p>
        Write a configuration with one: <Command>gateway init --provider stripe</Command>
      </p>
    </Empty>
  );
}

const binding: { readonly [binds in ProviderAbout['binds']]: string } = {
  body: 'the whole body',
  fields: 'some fields of the body',
  nothing: 'nothing of the body',
};

const columns: readonly Column[] = [
  { title: 'Provider' },
  { title: 'Endpoints' },
  { title: 'The signature covers' },
  { title: 'Headers that are read' },
  { title: 'A repetition has the same' },
  { title: 'Known types, examples' },
  { title: 'Sends from' },
  { title: 'Plugin' },
];

function toLine(of: ProviderAbout): Line {
  const { name, title, documentation, folder, endpoints, binds, headers, secretHeaders, dedupe, items } = of;
  return {
    key: folder,
    cells: [
      <>
        {documentation === undefined ? (
          title
        ) : (
          <a data-row href={documentation} rel="noreferrer" target="_blank">
            {title}
          </a>
        )}
        <span class="under">{name}</span>
      </>,
      endpoints.join(', '),
      <>
        <span class={binds === 'body' ? '' : 'note'}>{binding[binds]}</span>
        <ul class="lines under">
          {of.signature.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </>,
      <ul key="headers" class="lines">
        {headers.map((header) => (
          <li key={header}>
            <code>{header}</code>
            {secretHeaders.includes(header) && <span class="muted"> (a secret as it is)</span>}
          </li>
        ))}
      </ul>,
      <>
        {dedupe === 'id' ? 'id and type' : 'bytes'}
        {items !== undefined && (
          <span class="under">
            a batch at <code>{items || '/'}</code>
          </span>
        )}
      </>,
      `${count(of.eventTypes, 'type')}, ${count(of.examples.length, 'example')}`,
      <Addresses key="addresses" of={of} />,
      <>
        <code title={folder}>{shortFolder(folder)}</code>
        <details>
          <summary>{count(of.sources.length, 'source')}</summary>
          <ul class="lines under">
            {of.sources.map(({ what, where, read }) => (
              <li key={where + what}>
                {what}{' '}
                <a href={where} rel="noreferrer" target="_blank">
                  Source
                </a>
                , read {read}
              </li>
            ))}
          </ul>
        </details>
      </>,
    ],
  };
}

function Addresses({ of: { addresses } }: { of: ProviderAbout }) {
  if (addresses === undefined) return <span class="muted">no list</span>;
  return (
    <>
      {count(addresses.networks.length, 'network')}
      <span class="under">
        <a href={addresses.where} rel="noreferrer" target="_blank">
          source
        </a>
        , read {addresses.read}
      </span>
    </>
  );
}

/** Its end, which tells one from the other. */
function shortFolder(folder: string): string {
  const parts = folder.split(/[\\/]/);
  return parts.length > 3 ? `…/${parts.slice(-2).join('/')}` : folder;
}
