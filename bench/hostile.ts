/** Deliveries as a stranger may send them: of so many bytes, and as dear to read as they can be made. */
import type { Delivery } from '../src/core/model.js';

/** A good delivery made hostile; undefined where it is not of that kind. */
export type Spoil = (delivery: Delivery) => Delivery | undefined;

/** Node takes no more of headers than that, the target included. */
const headerBytes = 16_000;

/** As many of them as have so many bytes together. */
function fill(size: number, make: (n: number) => string, between = ','): string {
  const all: string[] = [];
  for (let left = size; ; ) {
    const text = make(all.length);
    left -= Buffer.byteLength(text) + between.length;
    if (left < 0) return all.join(between);
    all.push(text);
  }
}

function repeat(size: number, text: string): string {
  return text.repeat(Math.floor(size / Buffer.byteLength(text)));
}

type Make = (size: number) => string;

/** JSON values of about so many bytes. */
const values: { readonly [what: string]: Make } = {
  'a text': (size) => `"${repeat(size, 'x')}"`,
  'a text beyond ASCII': (size) => `"${repeat(size, 'é')}"`,
  escapes: (size) => `"${repeat(size, '\\u0041')}"`,
  'short escapes beyond ASCII': (size) => `"${repeat(size, 'é\\n')}"`,
  'escaped quotes': (size) => `"${repeat(size, '\\"')}"`,
  'quotes far apart': (size) => `"${repeat(size, `${'x'.repeat(258)}\\"`)}"`,
  backslashes: (size) => `"${repeat(size, '\\\\')}"`,
  'half a million values': (size) => `[${fill(size, () => '1')}]`,
  'empty texts': (size) => `[${fill(size, () => '""')}]`,
  'texts of 260 bytes': (size) => `[${fill(size, () => `"${'x'.repeat(260)}"`)}]`,
  'small objects': (size) => `[${fill(size, () => '{"a":1}')}]`,
  'empty objects': (size) => `[${fill(size, () => '{}')}]`,
  depth: (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  'objects in objects': (size) => `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
  'a long number': (size) => repeat(size, '1'),
  'numbers of 30 digits': (size) => `[${fill(size, () => '1'.repeat(30))}]`,
  spaces: (size) => `${repeat(size, ' ')}1`,
};

/** Members of an object, of about so many bytes together. */
const members: { readonly [what: string]: (size: number, names: readonly string[]) => string } = {
  '100,000 names': (size) => fill(size, (n) => `"${n.toString(36).padStart(4, '_')}":1`),
  'the same name': (size) => fill(size, () => '"_":1'),
  'names with escapes': (size) => fill(size, () => '"\\u005f":1'),
  'names with escapes beyond ASCII': (size) => fill(size, () => '"\\u00e9":1'),
  'names beyond ASCII': (size) => fill(size, () => '"é":1'),
  'names like those that are read': (size, names) => fill(size, (n) => `"${alike(names, n)}":1`),
  'names like those that are read, with escapes': (size, names) =>
    fill(size, (n) => `"\\u00${alike(names, n).charCodeAt(0).toString(16)}${alike(names, n).slice(1)}":1`),
};

/** Differs in the last character but one. */
function alike(names: readonly string[], n: number): string {
  const name = names[n % names.length] ?? 'name';
  return `${name.slice(0, -2)}~${name.slice(-1)}`;
}

const fields: { readonly [what: string]: (size: number, names: readonly string[]) => string } = {
  pluses: (size) => `&zz=${repeat(size, '+')}`,
  'percent signs': (size) => `&zz=${repeat(size, '%41')}`,
  'percent signs beyond ASCII': (size) => `&zz=${repeat(size, '%C3%A9')}`,
  'a text beyond ASCII': (size) => `&zz=${repeat(size, 'é')}`,
  '100,000 fields': (size) => fill(size, (n) => `&${n.toString(36).padStart(4, '_')}=1`, ''),
  'a thousand fields': (size) => fill(size, (n) => `&z${n}=${repeat(size / 1_001, '%41')}`, ''),
  'a thousand long names': (size) => fill(size, (n) => `&${'z'.repeat(size / 1_002 - 8)}${n}=`, ''),
  'a thousand names beyond ASCII': (size) => fill(size, (n) => `&${repeat(size / 1_002 - 8, 'é')}${n}=`, ''),
  'a thousand times the same field': (size) => fill(size, () => `&zz=${'1'.repeat(size / 1_001 - 4)}`, ''),
  'fields like those that are read': (size, names) => fill(size, (n) => `&${alike(names, n)}=`, ''),
  'the same, percent-encoded': (size, names) =>
    fill(size, (n) => `&%${alike(names, n).charCodeAt(0).toString(16)}${alike(names, n).slice(1)}=`, ''),
  'empty fields': (size) => fill(size, () => '&a=', ''),
  ampersands: (size) => repeat(size, '&'),
};

const headerTexts: { readonly [what: string]: string } = {
  commas: repeat(headerBytes, ','),
  entries: repeat(headerBytes, ',v1=00,s=1;h1=0'),
  'bytes beyond ASCII': 'é'.repeat(headerBytes),
  base64: repeat(headerBytes, 'QUFB'),
  dots: repeat(headerBytes, '.'),
  spaces: repeat(headerBytes, ' '),
};

/** All of them, with bodies of `size` bytes. */
export function hostiles(size: number): ReadonlyMap<string, Spoil> {
  const all = new Map<string, Spoil>();
  all.set('x', (it) => withBody(it, Buffer.alloc(size, 'x')));
  all.set('bytes that are no UTF-8', (it) => withBody(it, Buffer.alloc(size, 0xff)));
  all.set('XML', (it) => withBody(it, `<a>${repeat(size - 7, '<b c="d">e</b>')}</a>`));
  for (const [what, make] of Object.entries(values)) {
    all.set(`JSON, beside: ${what}`, (it) => withMembers(it, size, (room) => `"zz":${make(room)}`));
    for (let leaf = 0; leaf < mostLeaves; leaf++) {
      all.set(`JSON, in place of value ${leaf}: ${what}`, (it) => withLeaf(it, size, leaf, make));
    }
  }
  for (const [what, make] of Object.entries(members)) {
    all.set(`JSON: ${what}`, (it) => withMembers(it, size, make));
    for (let place = 1; place < mostObjects; place++) {
      all.set(`JSON, in object ${place}: ${what}`, (it) => withMembers(it, size, make, place));
    }
  }
  for (const [what, make] of Object.entries(fields)) {
    all.set(`form: ${what}`, (it) => withFields(it, size, make));
    all.set(`query: ${what}`, (it) => withQuery(it, make(headerBytes, ['zz'])));
    if (!what.includes('a text') && !what.includes('signs') && what !== 'pluses') continue;
    for (let field = 0; field < mostLeaves; field++) {
      all.set(`form, in place of field ${field}: ${what}`, (it) => withField(it, size, field, make));
    }
  }
  for (const [what, make] of Object.entries(parts)) all.set(`multipart: ${what}`, (it) => withParts(it, size, make));
  for (const [what, text] of Object.entries(headerTexts)) all.set(`headers: ${what}`, (it) => withHeaders(it, text));
  return all;
}

const mostLeaves = 14;
const mostObjects = 4;

function withBody(delivery: Delivery, body: Buffer | string): Delivery {
  return { ...delivery, body: Buffer.from(body) };
}

/** More members at the front of one of the objects of a JSON body. */
function withMembers(
  delivery: Delivery,
  size: number,
  make: (size: number, names: readonly string[]) => string,
  place = 0,
): Delivery | undefined {
  const text = delivery.body.toString();
  const found = /^[{[]/.test(text) ? [...text.matchAll(/\{(?=\s*")/g)][place]?.index : undefined;
  if (found === undefined) return undefined;
  const names = [...text.matchAll(/"([\w-]{2,})"\s*:/g)].map(([, name = '']) => name);
  return withBody(
    delivery,
    `${text.slice(0, found + 1)}${make(size - text.length - 20, names)},${text.slice(found + 1)}`,
  );
}

/** A value in place of a text or a number of a JSON body. */
function withLeaf(delivery: Delivery, size: number, leaf: number, make: Make): Delivery | undefined {
  const text = delivery.body.toString();
  if (!/^[{[]/.test(text)) return undefined;
  const found = [...text.matchAll(/(?<=:\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g)][leaf];
  if (found === undefined) return undefined;
  const after = text.slice(found.index + found[0].length);
  return withBody(delivery, text.slice(0, found.index) + make(size - text.length - 20) + after);
}

/** Names and values of a form body. */
function fieldsOf({ body, headers }: Delivery): string[] | undefined {
  const text = body.toString();
  const isForm = /^[\w.%+-]+=/.test(text) && !/multipart|json/.test(headers['content-type']?.[0] ?? '');
  return isForm ? text.split('&') : undefined;
}

function withFields(
  delivery: Delivery,
  size: number,
  make: (size: number, names: readonly string[]) => string,
): Delivery | undefined {
  const entries = fieldsOf(delivery);
  if (entries === undefined) return undefined;
  const names = entries.map((entry) => entry.replace(/=.*/s, '')).filter((name) => name.length > 1);
  return withBody(delivery, delivery.body + make(size - delivery.body.length - 20, names));
}

function withField(
  delivery: Delivery,
  size: number,
  field: number,
  make: (size: number, names: readonly string[]) => string,
): Delivery | undefined {
  const entries = fieldsOf(delivery);
  const entry = entries?.[field];
  if (entries === undefined || entry === undefined) return undefined;
  const value = make(size - delivery.body.length - 20, []).slice('&zz='.length);
  return withBody(delivery, entries.with(field, `${entry.replace(/=.*/s, '')}=${value}`).join('&'));
}

const boundary = /boundary="?([^\s;"]+)/;

/** Parts of a multipart body, of about so many bytes together. */
const parts: { readonly [what: string]: (size: number, line: string) => string } = {
  'half a million parts': (size, line) => repeat(size, `\r\n${line}`),
  'a hundred parts': (size, line) => repeat(size, partOf(line, 'zz', 'é'.repeat(size / 200 - 40))),
  'a long part': (size, line) => partOf(line, 'zz', repeat(size - 80, 'é')),
  'long headers': (size, line) => `\r\n${line}\r\n${repeat(size - 80, 'content-disposition: form-data;name=')}\r\n\r\n`,
  'headers of many lines': (size, line) => `\r\n${line}\r\n${repeat(size - 80, 'a:\n')}\r\n\r\n`,
  'headers of spaces': (size, line) => `\r\n${line}\r\ncontent-disposition:${repeat(size - 80, ' ')}\r\n\r\n`,
  'line breaks': (size) => repeat(size, '\r\n'),
};

function partOf(line: string, name: string, value: string): string {
  return `\r\n${line}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}`;
}

/** More parts before the end of a multipart body. */
function withParts(
  delivery: Delivery,
  size: number,
  make: (size: number, line: string) => string,
): Delivery | undefined {
  const [, mark] = boundary.exec(delivery.headers['content-type']?.[0] ?? '') ?? [];
  if (mark === undefined) return undefined;
  const text = delivery.body.toString();
  const at = text.lastIndexOf(`\r\n--${mark}--`);
  return withBody(delivery, text.slice(0, at) + make(size - text.length - 20, `--${mark}`) + text.slice(at));
}

function withQuery(delivery: Delivery, text: string): Delivery {
  const { target } = delivery;
  return { ...delivery, target: (target.includes('?') ? target : `${target}?a=1`) + text };
}

/** Each header but the content type goes on with the text. */
function withHeaders(delivery: Delivery, text: string): Delivery {
  const headers = Object.entries(delivery.headers).map(([name, [value = ''] = []]) => [
    name,
    [name === 'content-type' ? value : value + text],
  ]);
  return { ...delivery, headers: Object.fromEntries(headers) };
}
