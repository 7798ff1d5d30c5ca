const traces = '/v1/traces';

/** Headers that belong to the request itself. */
const ownHeaders = new Set(['connection', 'content-length', 'content-type', 'expect', 'host', 'transfer-encoding']);

/** Where traces go, of the URL of a collector. Undefined for what is none; a password in it does not belong there. */
export function toTracesUrl(text: string): string | undefined {
  const url = readUrl(text);
  if (url === undefined) return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(traces) ? path : `${path}${traces}`;
  return url.href;
}

/** An http or https URL without a password and a fragment. */
export function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isUsable = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
  return isUsable ? url : undefined;
}

/** Whether the gateway sets this header of a request itself. */
export function isOwnHeader(name: string): boolean {
  return ownHeaders.has(name.toLowerCase());
}

/** Whether a text can be the value of a header: no line breaks, nothing but Latin-1. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
