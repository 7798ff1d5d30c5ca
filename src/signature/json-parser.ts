import { Rejection } from '../rejection.js';
import { type JsonNode, JsonObject } from './json-object.js';

/** Deeper than any provider nests, shallower than the stack. */
const maximumDepth = 500;

const surrogate = /\p{Surrogate}/u;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

const booleans = ['true', 'false'];
/** What stands for the byte after the last one. */
const end = -1;
const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const lastAscii = 0x7f;

/**
 * The value that a JSON text (RFC 8259) in UTF-8 denotes. Refuses what two parsers could read in two ways: a key that is
 * twice in one object, and lone surrogates; also more values than `mostValues`.
 */
export function parseJson(bytes: Buffer, mostValues: number): JsonNode {
  return new Parser(bytes, mostValues).document();
}

/** One pass, each byte looked at once: the texts are those of strangers. */
class Parser {
  readonly #bytes: Buffer;
  /** A character for each byte: what is ASCII is cut out of it faster than it is decoded. */
  readonly #text: string;
  #left: number;
  #at = 0;

  constructor(bytes: Buffer, mostValues: number) {
    this.#bytes = bytes;
    this.#text = bytes.toString('latin1');
    this.#left = mostValues;
  }

  document(): JsonNode {
    const value = this.#value(this.#next(), 0);
    if (this.#next() !== end) throw notJson();
    return value;
  }

  /** The next byte that is no white space, which is then the current one. */
  #next(): number {
    const bytes = this.#bytes;
    for (;;) {
      const code = bytes[this.#at] ?? end;
      if (code > space || (code !== space && code !== newline && code !== carriageReturn && code !== tab)) return code;
      this.#at++;
    }
  }

  #value(code: number, depth: number): JsonNode {
    if (this.#left-- === 0) throw malformed('the body has more values than the scheme allows');
    if (code === quote) return this.#string();
    if (code === openObject) return this.#object(depth + 1);
    if (code === openArray) return this.#array(depth + 1);
    if (code === minus || (code >= zero && code <= nine)) return this.#number();
    if (this.#word('null')) return null;
    for (const word of booleans) if (this.#word(word)) return word;
    throw notJson();
  }

  #object(depth: number): JsonNode {
    if (depth > maximumDepth) throw tooDeep();
    const members = new JsonObject();
    this.#at++;
    let code = this.#next();
    if (code !== closeObject) {
      for (;;) {
        if (code !== quote) throw notJson();
        const name = this.#string();
        if (this.#next() !== colon) throw notJson();
        this.#at++;
        const value = this.#value(this.#next(), depth);
        if (!members.add(name, value)) throw malformed('the body has a key twice in one object');
        code = this.#next();
        if (code !== comma) break;
        this.#at++;
        code = this.#next();
      }
      if (code !== closeObject) throw notJson();
    }
    this.#at++;
    return members;
  }

  #array(depth: number): JsonNode {
    if (depth > maximumDepth) throw tooDeep();
    const elements: JsonNode[] = [];
    this.#at++;
    let code = this.#next();
    if (code !== closeArray) {
      for (;;) {
        elements.push(this.#value(code, depth));
        code = this.#next();
        if (code !== comma) break;
        this.#at++;
        code = this.#next();
      }
      if (code !== closeArray) throw notJson();
    }
    this.#at++;
    return elements;
  }

  #string(): string {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let at = start;
    let escaped = false;
    let seen = 0;
    for (let code = bytes[at] ?? end; code !== quote; code = bytes[++at] ?? end) {
      if (code < space) throw notJson();
      seen |= code;
      if (code === backslash) {
        escaped = true;
        at++;
      }
    }
    this.#at = at + 1;
    if (escaped) return unescaped(bytes.toString('utf8', start - 1, at + 1));
    return seen > lastAscii ? bytes.toString('utf8', start, at) : this.#text.slice(start, at);
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #number(): string {
    number.lastIndex = this.#at;
    if (!number.test(this.#text)) throw notJson();
    const text = this.#text.slice(this.#at, number.lastIndex);
    this.#at = number.lastIndex;
    return text;
  }
}

/** What a quoted text with escapes stands for. */
function unescaped(source: string): string {
  const text = readString(source);
  if (surrogate.test(text)) throw malformed('a text of the body has a lone surrogate');
  return text;
}

function readString(source: string): string {
  try {
    return String(JSON.parse(source));
  } catch {
    throw notJson();
  }
}

function notJson(): Rejection {
  return malformed('the body is not JSON');
}

function tooDeep(): Rejection {
  return malformed('the body is nested too deeply');
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
