import type { KeyObject } from 'node:crypto';
import type { Delivery, EndpointContext } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { decodeUtf8 } from '../util/utf8.js';
import type { Value } from './filters.js';
import { FormFields, type Pairs, parseForm, parseMultipart, singleValue } from './form.js';
import { type ItemScan, type JsonTexts, scanItems, scanJson, scanMembers, type VisitItem } from './json-scan.js';
import type { NameTable } from './name-table.js';
import type { Pointers } from './pointers.js';

/** What a message is made from: a delivery, or a request that is going to be signed. */
export type Request = Pick<Delivery, 'method' | 'headers' | 'body' | 'target'>;

/** Which fields of a form are read. */
export interface FormUse {
  readonly names: NameTable;
  /** True if all of them are signed, one after another. */
  all: boolean;
}

/** Fields of a form before anything is proven. Providers send some dozens; PHP (`max_input_vars`) and Django take as many. */
const mostPairs = 1000;
/**
 * What a form or an object may have where all of its fields are signed, one after another: to decode, sort and join them costs
 * several times what it costs to walk over them. Providers send a few kilobytes.
 */
const mostPairBytes = 256 * 1024;
/**
 * Bytes that one field may be written with, if it is not the one that holds the payload: to decode and hash it costs several
 * times what it costs to pass over it. A message of Amazon SNS has 256 KiB, and its quotes are escaped.
 */
const mostFieldBytes = 320 * 1024;
/** The same of a text of JSON with escapes that holds the payload; without escapes it may be as long as a body. */
const mostEscapedBytes = 768 * 1024;

const nothing: EndpointContext = { params: {} };

/**
 * What the sources of a template read. What has to be looked for in a body is looked for when the first source asks. `sig`,
 * `jws`, `item`, `key` and `secrets` are filled in while the signature is taken apart.
 */
export class SignedMessage {
  /** Values of the signature's own entries, by the position of their key in `EntryForm.keys`. */
  sig: readonly (string | undefined)[] = [];
  /** What is read of the protected header of a JWS. */
  jws: JsonTexts | undefined;
  /** What is read of the batch item whose turn it is. */
  item: JsonTexts | undefined;
  /** The key that is being tried; `{secret}` and `hmac-…` filters read it. */
  key: KeyObject | undefined;
  /** Texts of the other secrets, by what they are for. */
  secrets: ReadonlyMap<string, KeyObject> | undefined;
  /** True once the signature has been found good: then there may be as many fields as there are. */
  proven = false;
  #value: Value | undefined;
  #json: JsonTexts | undefined;
  #pointers: Pointers | undefined;
  #fields: FormFields | undefined;
  #names: NameTable | undefined;
  #form: Pairs | undefined;
  #query: Pairs | undefined;
  readonly #written = new Map<string, Value>();

  /** `before`: a message of the same request, whose body need not be read again. */
  constructor(
    readonly request: Request,
    readonly surroundings: EndpointContext = nothing,
    before?: SignedMessage,
  ) {
    if (before === undefined) return;
    this.#value = before.#value;
    this.#json = before.#json;
    this.#pointers = before.#pointers;
    this.#fields = before.#fields;
    this.#names = before.#names;
  }

  /** Where `{json:…}` looks, if that isn't the body. */
  set document(value: Value | undefined) {
    if (value === this.#value) return;
    this.#value = value;
    this.#pointers = undefined;
    this.#written.clear();
  }

  get #source(): Buffer {
    const value = this.#value;
    if (value === undefined) return this.request.body;
    return typeof value === 'string' ? Buffer.from(value) : value;
  }

  /** The text of the scalar that a pointer of those which are read leads to. `whole`: it holds the payload. */
  json(pointers: Pointers, slot: number, whole: boolean): Value | undefined {
    if (pointers !== this.#pointers) {
      this.#json = scanJson(this.#source, pointers);
      this.#pointers = pointers;
    }
    return this.#valueOf(this.#json, slot, whole);
  }

  /** The same of the batch item whose turn it is. */
  ofItem(slot: number): Value | undefined {
    return this.#valueOf(this.item, slot, false);
  }

  #valueOf(texts: JsonTexts | undefined, slot: number, whole: boolean): Value | undefined {
    if (this.proven) return texts?.value(slot);
    return whole ? texts?.value(slot, Number.POSITIVE_INFINITY, mostEscapedBytes) : texts?.value(slot, mostFieldBytes);
  }

  /** See `scanItems`. */
  eachItem(batch: ItemScan, visit: VisitItem): void {
    scanItems(this.#source, batch, visit);
  }

  /** The members of the document. */
  get members(): Pairs {
    const document = this.#source;
    return scanMembers(document, this.#mostPairs(document));
  }

  /** How many of them may be in a text. */
  #mostPairs({ length }: Buffer): number {
    if (this.proven) return Number.POSITIVE_INFINITY;
    if (length <= mostPairBytes) return mostPairs;
    throw new Rejection('signature_malformed', {
      detail: `all fields of the body are signed, and it is larger than ${mostPairBytes / 1024} KiB`,
    });
  }

  /** What is made of them, once for each way to write them. */
  written(form: string, write: () => Value): Value {
    const known = this.#written.get(form);
    if (known !== undefined) return known;
    const value = write();
    this.#written.set(form, value);
    return value;
  }

  /** All fields of a form. */
  get form(): Pairs {
    this.#form ??= this.#isMultipart ? this.#parts() : parseForm(this.request.body, this.#mostPairs(this.request.body));
    return this.#form;
  }

  /** The value of one field; of JSON there is none. `whole`: it holds the payload, and may be as long as a body. */
  field({ names, all }: FormUse, number: number, name: string, whole: boolean): Value | undefined {
    if (this.#type.startsWith('application/json')) return undefined;
    if (all || this.#isMultipart) return singleValue(this.form, name);
    if (names !== this.#names) {
      this.#fields = new FormFields(this.request.body, names, this.proven ? Number.POSITIVE_INFINITY : mostPairs);
      this.#names = names;
    }
    return this.#fields?.value(number, name, whole || this.proven ? Number.POSITIVE_INFINITY : mostFieldBytes);
  }

  get #type(): string {
    return this.request.headers['content-type']?.[0] ?? '';
  }

  get #isMultipart(): boolean {
    return /^multipart\/form-data\b/i.test(this.#type);
  }

  #parts(): Pairs {
    const text = decodeUtf8(this.request.body);
    if (text === undefined) throw new Rejection('signature_malformed', { detail: 'the body is not UTF-8' });
    return parseMultipart(text, this.#type);
  }

  get query(): Pairs {
    this.#query ??= parseForm(Buffer.from(this.queryText.slice(1)), mostPairs);
    return this.#query;
  }

  /** `?` and what follows it, as received; empty if there is no query. */
  get queryText(): string {
    const at = this.request.target.indexOf('?');
    return at === -1 ? '' : this.request.target.slice(at);
  }

  /** The URL that the provider posts to: the configured one, with the query as received. Never from the Host header. */
  get url(): string {
    const { url } = this.surroundings;
    if (url === undefined) throw new Rejection('signature_malformed', { detail: 'the endpoint has no public URL' });
    return url.includes('?') ? url : url + this.queryText;
  }

  /** Path and query of the public URL. */
  get target(): string {
    const { url } = this.surroundings;
    return url === undefined ? this.request.target : this.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/, '') || '/';
  }

  get path(): string {
    return this.target.replace(/[?#].*$/s, '');
  }
}
