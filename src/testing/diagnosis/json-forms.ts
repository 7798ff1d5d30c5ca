import type { Node } from 'jsonc-parser';
import { require } from '../../util/require.js';

const { parseTree }: typeof import('jsonc-parser') = require('jsonc-parser');

/** How a program writes JSON. */
interface Form {
  /** For people. */
  readonly how: string;
  readonly layout: Layout;
  readonly encode: (json: string) => string;
  readonly sorted: boolean;
}

interface Layout {
  readonly comma: string;
  readonly colon: string;
  /** Spaces of each level; absent: on one line. */
  readonly indent?: number;
}

const compact: Layout = { comma: ',', colon: ':' };
const spaced: Layout = { comma: ', ', colon: ': ' };
const by2: Layout = { comma: ',', colon: ': ', indent: 2 };
const by4: Layout = { comma: ',', colon: ': ', indent: 4 };

const asIs = (json: string) => json;
const slashes = (json: string) => json.replaceAll('/', '\\/');
const ascii = (json: string) => json.replace(/[\u0080-\uffff]/g, escapeUnit);
/** Python's `ensure_ascii` takes DEL for no ASCII. */
const printable = (json: string) => json.replace(/[\u007f-\uffff]/g, escapeUnit);
/** So that the text can stand in a page: Rails and Go. */
const html = (json: string) => json.replace(/[&<>\u2028\u2029]/g, escapeUnit);

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function form(how: string, layout: Layout, encode: Form['encode'], sorted = false): Form {
  return { how, layout, encode, sorted };
}

/** What languages do if one asks for nothing else. */
const languages: readonly Form[] = [
  form('as JavaScript writes JSON: compact', compact, asIs),
  form('as PHP writes JSON: compact, \\/ for each slash, \\uXXXX beyond ASCII', compact, (json) =>
    ascii(slashes(json)),
  ),
  form('as Ruby on Rails writes JSON: compact, \\u0026 \\u003c \\u003e for & < >', compact, html),
  form('as Python writes JSON: a space after each comma and colon, \\uXXXX beyond ASCII', spaced, printable),
  form('as Go writes a map as JSON: sorted keys, \\u0026 \\u003c \\u003e for & < >', compact, html, true),
  form('as JSON indented by 2', by2, asIs),
  form('as JSON indented by 4', by4, asIs),
];

const layouts = [
  ['as compact JSON', compact],
  ['as JSON with a space after each comma and colon', spaced],
  ['as JSON indented by 2', by2],
  ['as JSON indented by 4', by4],
] as const;

const encodings = [
  ['', asIs],
  [', with \\/ for each slash', slashes],
  [', with \\uXXXX beyond ASCII', printable],
  [', with \\/ for each slash and \\uXXXX beyond ASCII', (json: string) => ascii(slashes(json))],
  [', with \\u0026 \\u003c \\u003e for & < >', html],
  [', with \\uXXXX for & < > and beyond ASCII', (json: string) => ascii(html(json))],
] as const;

/** What they do with options, and whatever else is usual. */
const others: readonly Form[] = [false, true].flatMap((sorted) =>
  layouts.flatMap(([name, layout]) =>
    encodings.map(([more, encode]) =>
      form(`${name}${sorted ? ' with sorted keys' : ''}${more}`, layout, encode, sorted),
    ),
  ),
);

/** A JSON text as others write it, the likely ones first; numbers stay as they are. Empty for a text that is not JSON. */
export function jsonForms(text: string): readonly { readonly how: string; readonly value: string }[] {
  const root = treeOf(text.replace(/^\ufeff/, ''));
  if (root === undefined) return [];
  const forms = [...languages, ...others].map((each) => ({ how: each.how, value: write(root, each, 0) }));
  const ended = forms.map(({ how, value }) => ({ how: `${how}, and a line break at its end`, value: `${value}\n` }));
  return [...forms, ...ended];
}

/** A value as it was read: what `JSON.parse` gives has neither the digits of a number nor the order of keys like "2" and "1". */
type Value =
  | { readonly kind: 'text'; readonly json: string }
  | { readonly kind: 'list'; readonly values: readonly Value[] }
  | { readonly kind: 'map'; readonly members: readonly (readonly [json: string, value: Value])[] };

function treeOf(text: string): Value | undefined {
  try {
    JSON.parse(text);
    const root = parseTree(text);
    return root === undefined ? undefined : toValue(root, text);
  } catch {
    // No JSON, or nested more deeply than the stack goes.
    return undefined;
  }
}

function toValue(node: Node, text: string): Value {
  const { type, children = [], offset, length } = node;
  if (type === 'array') return { kind: 'list', values: children.map((child) => toValue(child, text)) };
  if (type === 'object') {
    const members = children.map(({ children: [name, value] = [] }): readonly [string, Value] => [
      JSON.stringify(name?.value),
      value === undefined ? { kind: 'text', json: 'null' } : toValue(value, text),
    ]);
    return { kind: 'map', members };
  }
  return { kind: 'text', json: type === 'string' ? JSON.stringify(node.value) : text.slice(offset, offset + length) };
}

function write(value: Value, how: Form, level: number): string {
  const { layout, encode, sorted } = how;
  switch (value.kind) {
    case 'text':
      return encode(value.json);
    case 'list':
      return enclose(
        '[',
        value.values.map((each) => write(each, how, level + 1)),
        ']',
        layout,
        level,
      );
    case 'map': {
      const members = sorted ? value.members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) : value.members;
      const written = members.map(([name, each]) => encode(name) + layout.colon + write(each, how, level + 1));
      return enclose('{', written, '}', layout, level);
    }
  }
}

function enclose(open: string, parts: readonly string[], close: string, layout: Layout, level: number): string {
  const { comma, indent } = layout;
  if (parts.length === 0 || indent === undefined) return open + parts.join(comma) + close;
  const outer = `\n${' '.repeat(indent * level)}`;
  const inner = outer + ' '.repeat(indent);
  return open + inner + parts.join(comma + inner) + outer + close;
}
