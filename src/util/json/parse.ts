import { isContainer } from '../values.js';
import { ExactNumber, losesText } from './number.js';

/** Digits of a number from which on JavaScript may round it. */
const manyDigits = 16;

/**
 * Finds every text that has a number outside of strings which `losesText`, and a few that have not: at about a nanosecond a
 * character. It never goes back over the digits of a number, which made it three times as slow.
 */
const suspicious = new RegExp(`[:[, \\n\\t\\r](?:-?\\d${restOf(1)}|-0(?![\\d.]))`);

/** Of a number, from after so many of its digits. */
function restOf(digits: number): string {
  if (digits === manyDigits) return '';
  const fraction = `\\.(?:\\d*?0(?!\\d)|\\d*?[eE]|0{6}|\\d{${manyDigits - digits}})`;
  return `(?:[eE]|${fraction}|\\d${restOf(digits + 1)})`;
}

/**
 * The value of a JSON text, where numbers that JavaScript would write in another way are `ExactNumber`s. `value`: what
 * JSON.parse gives for the text. The very same where there is no such number.
 */
export function withExactNumbers(text: string, value: unknown): unknown {
  if (!suspicious.test(text) && !startsWithNumber(text)) return value;
  const marked = mark(text);
  if (marked.texts.length === 0) return value;
  return unmark(JSON.parse(marked.text), marked.texts);
}

/** As JSON.parse, with `ExactNumber`s. Throws a `SyntaxError` that quotes the text. */
export function parseExactly(text: string): unknown {
  return withExactNumbers(text, JSON.parse(text));
}

/** What comes first has nothing before it that the pattern could find. */
function startsWithNumber(text: string): boolean {
  return isNumber(text.charCodeAt(0));
}

interface Marked {
  readonly text: string;
  /** Of the numbers that were replaced, in their order. */
  readonly texts: readonly string[];
}

/**
 * JSON.parse is much faster than anything that is written in JavaScript, so it does the work: the numbers in question are
 * replaced by others, which nothing else in the text can be. A number from 1e30 on is always written with an exponent by
 * JavaScript, so that all those that the text itself has are replaced.
 */
function mark(text: string): Marked {
  const texts: string[] = [];
  let marked = '';
  let copied = 0;
  forEachNumber(text, (start, end) => {
    const written = text.slice(start, end);
    if (!losesText(written)) return;
    texts.push(written);
    marked += `${text.slice(copied, start)}${texts.length}e30`;
    copied = end;
  });
  return { text: marked + text.slice(copied), texts };
}

const firstMark = 1e30;

/** Puts `ExactNumber`s where the marks are; changes `root`. Not by recursion: JSON.parse takes what nests deeper than the stack. */
function unmark(root: unknown, texts: readonly string[]): unknown {
  if (typeof root === 'number') return exactOf(root, texts);
  const waiting: unknown[] = [root];
  for (let container = waiting.pop(); isContainer(container); container = waiting.pop()) {
    for (const name in container) {
      const value = container[name];
      if (typeof value === 'number') {
        if (value >= firstMark) container[name] = exactOf(value, texts);
      } else if (typeof value === 'object' && value !== null) waiting.push(value);
    }
  }
  return root;
}

function exactOf(marked: number, texts: readonly string[]): ExactNumber {
  return new ExactNumber(texts[Math.round(marked / firstMark) - 1] ?? '');
}

const quote = 0x22;
const backslash = 0x5c;

/** Tells of each number of a JSON text that stands outside of strings: characters [start, end). */
export function forEachNumber(text: string, tell: (start: number, end: number) => void): void {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (isNumber(code)) {
      const start = at;
      while (isInNumber(text.charCodeAt(at))) at++;
      tell(start, at);
    } else at++;
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end + 1;
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === backslash) before--;
  return (at - before) % 2 === 0;
}

/** The first character of a number: a digit or `-`. */
function isNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d;
}

/** Digits, `+`, `-`, `.`, `e` and `E`. */
function isInNumber(code: number): boolean {
  return isNumber(code) || code === 0x2e || code === 0x2b || code === 0x65 || code === 0x45;
}
