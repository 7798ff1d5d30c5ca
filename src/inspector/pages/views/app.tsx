import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useLatest } from '../browser/hooks.js';
import { actOnPage, leaveField, useKeyboard } from '../browser/keyboard.js';
import { goTo, usePlace } from '../browser/navigation.js';
import type { Command } from '../state/keys.js';
import { type Place, pages, parentOf, writePlace } from '../state/place.js';
import { Configuration } from './config.js';
import { DeadLetters } from './dead-letters.js';
import { Deliveries } from './deliveries.js';
import { Delivery } from './delivery.js';
import { Help } from './help.js';
import { LetterGroup } from './letter-group.js';
import { Now } from './now.js';
import { Providers } from './providers.js';
import { TokenAsker } from './token.js';
import { Topics } from './topics.js';
import { Try } from './try.js';

export function App() {
  const place = usePlace();
  const [help, setHelp] = useState(false);
  const latest = useLatest(place);
  const act = useCallback(
    (command: Command) => {
      if (command.do === 'go') goTo({ page: command.page, query: {} });
      else if (command.do === 'help') setHelp(true);
      else if (command.do === 'back') back(latest.current);
      else actOnPage(command.do);
    },
    [latest],
  );
  useKeyboard(act);
  useTitle(place);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href={writePlace({ page: 'now', query: {} })}>
          Webhook gateway
        </a>
        <nav aria-label="Pages">
          <ul>
            {pages.map(({ name, title }) => (
              <li key={name}>
                <a
                  href={writePlace({ page: name, query: {} })}
                  aria-current={place?.page === name ? 'page' : undefined}
                >
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <button type="button" class="quiet help" aria-haspopup="dialog" onClick={() => setHelp(true)}>
          Keys <kbd>?</kbd>
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {place === undefined ? <Unknown /> : <Page place={place} key={`${place.page} ${place.id ?? ''}`} />}
      </main>
      <TokenAsker />
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

/** Esc leaves a field first, then the page for the one above it. */
function back(place: Place | undefined): void {
  if (leaveField() || place === undefined) return;
  const parent = parentOf(place);
  if (parent !== undefined) goTo(parent);
}

/** A new page has its title, and the focus is at its head. */
function useTitle(place: Place | undefined): void {
  const first = useRef(true);
  const title = pages.find(({ name }) => name === place?.page)?.title ?? 'Not found';
  const shown = `${place?.page} ${place?.id} ${place?.query.group}`;
  useEffect(() => {
    document.title = `${title} – Webhook gateway`;
    if (!first.current) document.querySelector<HTMLElement>('h1')?.focus();
    first.current = false;
  }, [title, shown]);
}

function Page({ place: { page, id, query } }: { place: Place }) {
  switch (page) {
    case 'now':
      return <Now />;
    case 'deliveries':
      return id === undefined ? <Deliveries query={query} /> : <Delivery page={page} id={id} query={query} />;
    case 'dead-letters':
      if (id !== undefined) return <Delivery page={page} id={id} query={query} />;
      return query.group === undefined ? (
        <DeadLetters />
      ) : (
        <LetterGroup group={query.group} all={query.state === 'all'} />
      );
    case 'topics':
      return <Topics />;
    case 'config':
      return <Configuration />;
    case 'try':
      return <Try query={query} />;
    case 'providers':
      return <Providers />;
  }
}

function Unknown() {
  return (
    <>
      <h1 tabIndex={-1}>There is no such page</h1>
      <p>
        <a href={writePlace({ page: 'now', query: {} })}>Go to Now</a>
      </p>
    </>
  );
}
