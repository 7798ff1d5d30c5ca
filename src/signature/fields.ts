import { Rejection } from '../core/rejection.js';
import type { HeadersDeclaration, PairsDeclaration } from './declaration.js';
import { encodeForm, type Value } from './filters.js';
import type { Pairs } from './form.js';
import type { SignedMessage } from './message.js';
import { type Piece, renderBytes, type ValueReader } from './sources.js';

/**
 * Those before the field of that name. What comes after it is not signed: where a name comes again there, a reader that takes
 * the last one of several would read what nobody has signed.
 */
function upTo(until: string | undefined, pairs: Pairs): Pairs {
  const end = until === undefined ? -1 : pairs.findIndex(([name]) => name === until);
  if (end === -1) return pairs;
  const before = new Set(pairs.slice(0, end + 1).map(([name]) => name));
  for (const [name] of pairs.slice(end + 1)) {
    if (before.has(name)) throw malformed(`the field ${name} is given again after those that are signed`);
  }
  return pairs.slice(0, end);
}

type Order = (a: readonly [string, string], b: readonly [string, string]) => number;

/** Fields of a form, a query or a JSON object as the sender writes them one after another to sign them. */
export function compilePairs(declared: PairsDeclaration): ValueReader {
  const { of, omit = [], prefix = '', until, before = '', join = '&', kv = '=' } = declared;
  const encode = declared.encode ? encodeForm : (text: string) => text;
  function select(pairs: Pairs): Pairs {
    const chosen = upTo(until, pairs).filter(
      ([name, value]) => name.startsWith(prefix) && !omit.includes(name) && !(declared.omitEmpty && value === ''),
    );
    const sorted = declared.sort ? chosen.toSorted(orders[declared.unique ? 'both' : 'name']) : chosen;
    return declared.unique ? withoutRepetitions(sorted) : sorted;
  }
  function write(message: SignedMessage): Value {
    const pairs = select(of === 'json' ? message.members : message[of]);
    if (declared.format === 'php_serialize') return phpSerialize(pairs);
    const written = pairs.map(([name, value]) =>
      declared.values ? encode(value) : `${encode(name)}${kv}${encode(value)}`,
    );
    // As bytes, which are hashed faster than a text, and for every content and key again.
    return Buffer.from(written.length === 0 ? '' : before + written.join(join));
  }
  const form = JSON.stringify(declared);
  const read = (message: SignedMessage) => message.written(form, () => write(message));
  return { kind: 'value', label: `fields of the ${of}`, read };
}

const orders: { readonly [name in 'name' | 'both']: Order } = {
  name: ([a], [b]) => compare(a, b),
  both: ([a, x], [b, y]) => compare(a, b) || compare(x, y),
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withoutRepetitions(pairs: Pairs): Pairs {
  const seen = new Set<string>();
  // The length tells apart what a name ends with and what a value begins with.
  return pairs.filter(([name, value]) => seen.size < seen.add(`${name.length}:${name}${value}`).size);
}

/** A map of texts as PHP's `serialize` has it; lengths are in bytes. */
function phpSerialize(pairs: Pairs): string {
  const text = (value: string) => `s:${Buffer.byteLength(value)}:"${value}";`;
  return `a:${pairs.length}:{${pairs.map(([name, value]) => text(name) + text(value)).join('')}}`;
}

/** The headers that the delivery itself names as signed. */
export function compileHeaderList(declared: HeadersDeclaration, names: readonly Piece[]): ValueReader {
  const { split = ',', kv = ':', join = '\n' } = declared;
  function read(message: SignedMessage): string {
    const list = renderBytes(names, message)?.toString() ?? '';
    const wanted = list === '' ? [] : list.split(split, maximumHeaders + 1);
    if (wanted.length > maximumHeaders) throw malformed(`more than ${maximumHeaders} headers are named as signed`);
    const written = wanted.map((name) => {
      const value = headerValue(message, name.trim());
      return declared.values ? value : `${name.trim()}${kv}${value}`;
    });
    return written.join(join);
  }
  return { kind: 'value', label: 'signed headers', read };
}

const maximumHeaders = 64;

function headerValue({ request }: SignedMessage, name: string): string {
  const values = request.headers[name.toLowerCase()] ?? [];
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw malformed(`a header that is named as signed is ${value === undefined ? 'missing' : 'given more than once'}`);
  }
  return value;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
