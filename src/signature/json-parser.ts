import { Rejection } from '../rejection.js';

/**
 * A JSON value: a scalar as its text, an object as a map. Numbers keep their source text: 1050.00 must not become 1050.
 */
export type JsonNode = string | null | JsonObject | readonly JsonNode[];
export type JsonObject = Map<string, JsonNode>;

/** Deeper than any provider nests, shallower than the stack. */
const maximumDepth = 500;

const surrogate = /\p{Surrogate}/u;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

const booleans = ['true', 'false'];
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

/**
 * The value that a JSON text denotes (RFC 8259). Refuses what two parsers could read in two ways: a key that is twice
 * in one object, and lone surrogates; also more values than `mostValues`.
 */
export function parseJson(text: string, mostValues: number): JsonNode {
  return new Parser(text, mostValues).document();
}

/** One pass, each character looked at once: the texts are those of strangers. */
class Parser {
  readonly #text: string;
  #left: number;
  #at = 0;

  constructor(text: string, mostValues: number) {
    this.#text = text;
    this.#left = mostValues;
  }

  document(): JsonNode {
    const value = this.#value(this.#next(), 0);
    if (!Number.isNaN(this.#next())) throw notJson();
    return value;
  }

  /** The code of the next character that is no white space, which is then the current one; NaN at the end. */
  #next(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== space && code !== newline && code !== carriageReturn && code !== tab) return code;
      this.#at++;
    }
  }

  #value(code: number, depth: number): JsonNode {
    if (this.#left-- === 0) throw malformed('the body is larger than one of which fields are signed may be');
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
    const members: JsonObject = new Map();
    this.#at++;
    let code = this.#next();
    if (code !== closeObject) {
      for (let count = 1; ; count++) {
        if (code !== quote) throw notJson();
        const name = this.#string();
        if (this.#next() !== colon) throw notJson();
        this.#at++;
        members.set(name, this.#value(this.#next(), depth));
        if (members.size !== count) throw malformed('the body has a key twice in one object');
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
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    let escaped = false;
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(++at)) {
      if (code === backslash) {
        escaped = true;
        at++;
      } else if (!(code >= space)) {
        throw notJson();
      }
    }
    this.#at = at + 1;
    return escaped ? unescaped(text.slice(start - 1, at + 1)) : text.slice(start, at);
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
