import type { KeyObject } from 'node:crypto';
import type { Delivery, Surroundings } from '../model.js';
import { Rejection } from '../rejection.js';
import { type Pairs, parseForm, parseMultipart } from './form.js';
import { type BatchItem, decodeBody, limitSize, parseBody, parseText } from './json-body.js';
import type { JsonNode } from './json-object.js';

/** What a message is made from: a delivery, or a request that is going to be signed. */
export type Request = Pick<Delivery, 'method' | 'headers' | 'body' | 'target'>;

const nothing: Surroundings = { params: {} };

/**
 * What the sources of a template read. What has to be parsed is parsed when the first source asks for it. `sig`,
 * `jws`, `item`, `key` and `secrets` are filled in while the signature is taken apart.
 */
export class Message {
  /** Values of the signature's own entries, by the position of their key in `EntryForm.keys`. */
  sig: readonly (string | undefined)[] = [];
  /** The protected header of a JWS. */
  jws: JsonNode | undefined;
  item: BatchItem | undefined;
  /** The key that is being tried; `{secret}` and `hmac-…` filters read it. */
  key: KeyObject | undefined;
  /** Texts of the other secrets, by what they are for. */
  secrets: ReadonlyMap<string, KeyObject> | undefined;
  /** True once the signature has been found good: then the body may be as large as it likes. */
  proven = false;
  #documentText: string | undefined;
  #document: JsonNode | undefined;
  #form: Pairs | undefined;
  #query: Pairs | undefined;

  constructor(
    readonly request: Request,
    readonly surroundings: Surroundings = nothing,
  ) {}

  /** Where `{json:…}` looks, if that isn't the body. */
  set documentText(text: string | undefined) {
    if (text === this.#documentText) return;
    this.#documentText = text;
    this.#document = undefined;
  }

  get document(): JsonNode {
    this.#document ??=
      this.#documentText === undefined
        ? parseBody(this.request.body, this.proven)
        : parseText(this.#documentText, this.proven);
    return this.#document;
  }

  get form(): Pairs {
    const { headers, body } = this.request;
    if (this.#form === undefined) {
      if (!this.proven) limitSize(body);
      const type = headers['content-type']?.[0] ?? '';
      this.#form = /^multipart\/form-data\b/i.test(type) ? parseMultipart(decodeBody(body), type) : parseForm(body);
    }
    return this.#form;
  }

  get query(): Pairs {
    this.#query ??= parseForm(Buffer.from(this.queryText.slice(1)));
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
