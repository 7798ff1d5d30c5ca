import type { Node } from 'yaml';
import { require } from '../util/require.js';
import { closest } from './closest.js';

const { isMap, isScalar, isSeq, parseDocument }: typeof import('yaml') = require('yaml');

const secretKey = /secret|passw|passphrase|credential|token|private.?key|api.?key/i;
/** What is not a secret below a key that says secret: the references and what belongs to them. */
const reference = /^(name|for|env|file|notBefore|expires|mechanism|username)$/;

/**
 * The text of a YAML file with every secret in it replaced by asterisks, as many as characters, so that columns stay.
 * It goes by field, not by value: what stands below a key such as `password` or `secrets` is masked, unless it is a
 * reference to an environment variable or a file.
 */
export function maskSecrets(text: string): string {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const spans: [number, number][] = [];
  mark(document.contents, '', false, spans);
  const masked = spans.reduce((result, [start, end]) => blank(result, start, end), text);
  const tails = spans.reduce((result, [, end]) => blankComment(result, end), masked);
  return maskUrls(document.errors.length > 0 ? maskLines(tails) : tails);
}

/** User and password of a URL. */
function maskUrls(text: string): string {
  return text.replace(/(?<=:\/\/)[^\s"']+(?=@)/g, (login) => '*'.repeat(login.length));
}

function mark(node: unknown, parent: string, secret: boolean, spans: [number, number][]): void {
  if (isSeq(node)) for (const item of node.items) mark(item, parent, secret, spans);
  if (isScalar(node) && isSecretValue(node, secret)) addSpan(node, spans);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (secret && (reference.test(name) || (name === 'id' && parent === 'key'))) {
      markReference(name, value, spans);
      continue;
    }
    // `{ whsec_… }` is a key without a value.
    if (secret && isScalar(key) && (value === null || (isScalar(value) && value.value === null))) addSpan(key, spans);
    mark(value, name, secret || isSecretKey(name, parent), spans);
  }
}

/** A typo in such a key doesn't make its value any less secret. */
function isSecretKey(name: string, parent: string): boolean {
  if (
    secretKey.test(name) ||
    name === 'sasl' ||
    (name === 'headers' && parent === 'otlp') ||
    (name === 'key' && (parent === 'tls' || parent === 'protect'))
  )
    return true;
  return closest(name, ['secrets', 'password']) !== undefined;
}

/** Whether a text is the name of a file for certain, and not a secret in the place of one. */
export function isFileName(text: string): boolean {
  if (/\s/.test(text)) return false;
  return text.startsWith('/') || text.includes('.') || /^[a-z0-9_-]+(\/[a-z0-9_-]+)+$/.test(text);
}

function markReference(name: string, value: unknown, spans: [number, number][]): void {
  if (!isScalar(value)) {
    mark(value, name, true, spans);
    return;
  }
  const text = String(value.value);
  const harmless =
    name === 'env' ? /^[A-Z_][A-Z0-9_]*$/.test(text) : name === 'file' ? isFileName(text) : !text.includes('\n');
  if (!harmless) addSpan(value, spans);
  else if (value.range) spans.push([value.range[1], value.range[1]]);
}

function isSecretValue(node: { value: unknown }, secret: boolean): boolean {
  const text = String(node.value);
  if (text.includes('-----BEGIN')) return true;
  return secret && node.value !== null && typeof node.value !== 'boolean' && !/^\$\{[A-Za-z_]\w*\}$/.test(text);
}

function addSpan(node: Node, spans: [number, number][]): void {
  if (node.range) spans.push([node.range[0], node.range[1]]);
}

function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\s]/g, '*') + text.slice(end);
}

/** A comment beside a secret is often the secret before. */
function blankComment(text: string, from: number): string {
  const comment = /^[^\n]*?[ \t]#([^\n]*)/.exec(text.slice(from));
  return comment === null
    ? text
    : blank(text, from + comment[0].length - (comment[1] ?? '').length, from + comment[0].length);
}

/** For a file that does not parse: everything from a secret key to the end of its indentation. */
function maskLines(text: string): string {
  let depth = -1;
  return text
    .split('\n')
    .map((line) => {
      const indent = line.search(/\S/);
      if (indent === -1) return line;
      if (depth >= 0 && (indent < depth || (indent === depth && line[indent] !== '-'))) depth = -1;
      if (depth >= 0) return blank(line, 0, line.length);
      const key = /[\w-]*(?:secret|passw|passphrase|credential|token|private.?key|api.?key)[\w-]*["']?\s*:/i.exec(line);
      if (key === null) return line;
      depth = indent;
      return blank(line, key.index + key[0].length, line.length);
    })
    .join('\n');
}
