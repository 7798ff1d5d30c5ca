import { isUtf8 } from 'node:buffer';

/**
 * What a body looks like, without its values: field names, kinds and lengths. True, false and null are shown. A form's
 * fields likewise; of anything else only what it is and how long.
 */
export function maskBody(body: Buffer, contentType: string): unknown {
  if (!isUtf8(body)) return `<${body.length} bytes, not UTF-8>`;
  const text = body.toString();
  try {
    return maskValue(JSON.parse(text));
  } catch {
    if (!contentType.startsWith('application/x-www-form-urlencoded')) return `<${body.length} bytes, not JSON>`;
    return Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, maskText(value)]));
  }
}

function maskValue(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'number') return '<number>';
  if (Array.isArray(value)) return value.map(maskValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, maskValue(each)]));
}

export function maskText(text: string): string {
  return `<text of ${text.length}>`;
}

/** Path and names of the parameters: some providers have their token there. */
export function maskTarget(target: string): string {
  const [path = '', query] = target.split('?', 2);
  if (query === undefined) return path;
  const names = [...new URLSearchParams(query).keys()];
  return `${path}?${names.map((name) => `${name}=…`).join('&')}`;
}
