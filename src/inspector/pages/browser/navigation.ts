import { useEffect, useState } from 'preact/hooks';
import { type Place, readPlace, writePlace } from '../state/place.js';

const moved = new EventTarget();

function here(): Place | undefined {
  return readPlace(location.pathname, location.search);
}

/** Goes to a place as a link does; `replace`: the back key does not come back to this one. */
export function goTo(place: Place, replace = false): void {
  const address = writePlace(place);
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  moved.dispatchEvent(new Event('moved'));
}

/** The place of the address, and of each address to come. Links of this site do not load the page again. */
export function usePlace(): Place | undefined {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = () => setPlace(here());
    moved.addEventListener('moved', update);
    window.addEventListener('popstate', update);
    document.addEventListener('click', follow);
    return () => {
      moved.removeEventListener('moved', update);
      window.removeEventListener('popstate', update);
      document.removeEventListener('click', follow);
    };
  }, []);
  return place;
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.origin !== location.origin || link.target !== '') return;
  const place = link.hash === '' ? readPlace(link.pathname, link.search) : undefined;
  if (place === undefined) return;
  event.preventDefault();
  if (link.dataset.row !== undefined) opened = link.pathname + link.search;
  goTo(place);
}

/** The row that was opened last: who comes back goes on there. */
let opened: string | undefined;

/** Focuses the link of the row that was opened last, if it is there. */
export function focusOpened(): void {
  if (opened === undefined) return;
  const links = [...document.querySelectorAll<HTMLAnchorElement>('a[data-row]')];
  const link = links.find(({ pathname, search }) => pathname + search === opened);
  if (link === undefined) return;
  opened = undefined;
  link.focus();
  link.scrollIntoView({ block: 'center' });
}
