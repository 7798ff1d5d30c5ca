/**
 * The words of the gateway, as types. Everything else imports this file; it imports nothing.
 *
 *   Delivery ─verify→ VerifiedDelivery ─decode, split→ Item ─identify→ WebhookEvent ─map→ KafkaRecord
 */
import type { KeyObject } from 'node:crypto';

/** Lower-case header name → its values in the order received; a repeated header has several. */
export type HeaderValues = { readonly [name: string]: readonly string[] | undefined };

/** One HTTP attempt of a provider to deliver one or more events, nothing proven. */
export interface Delivery {
  /** UUID of this attempt. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** IP address of the client, where it is known. */
  readonly client?: string;
  readonly method: string;
  /** Path and query, as received. */
  readonly target: string;
  readonly headers: HeaderValues;
  /** The body, byte for byte. */
  readonly body: Buffer;
}

/** What verification found out. */
export interface Proof {
  /** Name of the secret that fitted. */
  readonly secret: string;
  /** When the provider signed, in milliseconds since the epoch, where the scheme says so. */
  readonly signedAt?: number;
}

declare const proven: unique symbol;

/** A delivery whose sender is proven. Only `stages/verify.ts` makes one. */
export type VerifiedDelivery = Delivery & { readonly proof: Proof; readonly [proven]: true };

/** A verified body as text and as the value that the text denotes. */
export interface Decoded {
  readonly delivery: VerifiedDelivery;
  readonly text: string;
  readonly value: unknown;
  /** Makes the value with its exact numbers; absent: it has none. */
  readonly exact?: (() => unknown) | undefined;
}

/** Where in its delivery an event stands. */
export interface ItemPlace {
  /** Among the delivery's items, from 0. */
  readonly index: number;
  /** JSON pointer into the body; empty for the whole. */
  readonly pointer: string;
}

/** One event's part of a delivery: the whole body, or one element of a batch. */
export interface Item extends ItemPlace {
  readonly value: unknown;
  /**
   * The value as rules see it that need the digits of a number: what JavaScript would round, or write in another way, is an
   * `ExactNumber`. The same as `value` where there is none. Made when somebody asks.
   */
  readonly exact: unknown;
  /** The item's exact slice of the body. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`, base64. */
  readonly digest: string;
}

/**
 * One event of a provider, as its plugin's `event` rules read it from an item. It has nothing of the payload itself: what
 * waits for Kafka should be small.
 */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly subject?: string;
  readonly livemode?: boolean;
  readonly account?: string;
  readonly item: ItemPlace;
}

/** What Kafka gets. Header names and their meaning: `schemas/record.schema.json`. */
export interface KafkaRecord {
  readonly topic: string;
  readonly key: string;
  readonly headers: { readonly [name: string]: string };
  readonly value: Buffer;
}

/** Where a record lies once it is safe. */
export interface Placement {
  readonly topic: string;
  readonly partition: number;
  /** A 64-bit number, as Kafka counts. */
  readonly offset: bigint;
}

/** A record that is safe on the local disk and goes to Kafka later. */
export interface Spooled {
  readonly topic: string;
  readonly spooled: true;
}

/** The port to Kafka or to the embedded log. `Safe`: where a record can end up. */
export interface Publisher<Safe = Placement | Spooled> {
  /**
   * Resolves when the record is safe: acknowledged by all in-sync replicas, in the embedded log, or spooled. Rejects with a `PublishError`
   * otherwise. Records handed over one after another keep that order within their key.
   */
  publish(record: KafkaRecord): Promise<Safe>;
  /** True while records can be expected to be taken, be it by the spool. */
  ready(): boolean;
  /** True while there is a connection to Kafka. */
  connected(): boolean;
  /** Sends what is queued, then lets go of every connection and file. */
  close(): Promise<void>;
}

/** What tells whether an event is a repetition: see `Identity`. */
export interface Fingerprint {
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly id: string;
  readonly type: string;
  /** SHA-256 of the item's bytes, base64. */
  readonly digest: string;
  readonly by: Identity['by'];
}

/** Where an event lies, and whether it was published now. */
export interface Published {
  readonly placement: Placement | Spooled;
  /** True where it was published before, or is being published for somebody else. */
  readonly duplicate: boolean;
  /** True where an event of its id and type is known with other content. */
  readonly contentDiffers: boolean;
}

/** The port to the memory of events that were published. */
export interface Dedupe {
  /**
   * Publishes an event of an endpoint, unless it was published before, or is being published: then nothing new is, and the
   * placement is the first one's. Rejects as `publish` does; the event then counts as not published. Where nobody else
   * publishes the event, `publish` is called at once or, beside other processes, in the order of the calls of `once`. It is called
   * with `local` where other replicas' memory should have been asked and could not be.
   */
  once(event: Fingerprint, publish: (asked?: 'local') => Promise<Placement | Spooled>): Promise<Published>;
}

/** The inputs of a rule beside the payload. */
export interface Bindings {
  /** Bound as `$headers`: lower-case name → values joined by ", ". */
  readonly headers: { readonly [name: string]: string };
  /** Bound as `$endpoint`: name and path. */
  readonly endpoint: { readonly name: string; readonly path: string };
  /** Bound as `$deliveryId`: the gateway's id of the delivery, a UUID. */
  readonly deliveryId: string;
  /** Bound as `$digest`: SHA-256 of the item's exact bytes, hex. */
  readonly digest: string;
  /** The payload with `ExactNumber`s; absent: it has none. Asked for when a rule needs the digits of a number. */
  readonly exact?: unknown;
}

/** A field that a rule reads: the names that lead to it from the payload, and where in the rule the last one stands. */
export interface FieldRead {
  readonly path: readonly string[];
  /** Characters [start, end) of the rule's source. */
  readonly within?: readonly [number, number];
}

/** A compiled JSONata expression. It never throws: what fails is a promise, rejected with a `RuleError`. */
export interface Rule {
  readonly source: string;
  /** Request headers that it reads, lower-case. */
  readonly headers: readonly string[];
  /** Fields of the payload that it reads by name. */
  readonly reads: readonly FieldRead[];
  /**
   * The value, or a promise of it where the expression can't be decided at once; `undefined` for nothing. A number that the
   * rule takes out of `bindings.exact` as it is is an `ExactNumber`. `input`: the payload as JSON.parse gives it.
   */
  evaluate(input: unknown, bindings: Bindings): unknown;
}

/** One disagreement of a payload with its JSON Schema. It carries no value of the payload. */
export interface SchemaError {
  /** JSON pointer into the item. */
  readonly pointer: string;
  readonly message: string;
}

/** A JSON Schema of a plugin, compiled. */
export interface PayloadSchema {
  readonly name: string;
  /** Chooses this schema; absent: always. */
  readonly when?: Rule;
  /** The JSON Schema itself, where it is known. */
  readonly schema?: object;
  /** The disagreements: one on the hot path, as many as help (20 at the most) with `all`; empty if there is none. */
  check(value: unknown, all?: boolean): readonly SchemaError[];
}

/** From event to topic and key. The first route that matches wins. */
export interface Route {
  /** Globs over the event type (`*` stands for any run of characters); absent: every type. */
  readonly events?: readonly string[];
  readonly matches: (type: string) => boolean;
  readonly when?: Rule;
  readonly topic: string;
  /** Partition key; absent: the event's subject, else its id. */
  readonly key?: Rule;
  /** `file:line` of its declaration, for people. */
  readonly declaredAt: string;
}

/** A secret of an endpoint, its key prepared as the scheme wants it. */
export interface Secret {
  readonly name: string;
  /** Which of the secrets that the plugin names it is; absent where the plugin needs only one kind. */
  readonly for?: string;
  readonly key: KeyObject;
  /** Milliseconds since the epoch; outside of [notBefore, expires) the secret proves nothing. */
  readonly notBefore?: number;
  readonly expires?: number;
}

/** What a signature covers: the whole body, some fields of it, or nothing of it. */
export type Binds = 'body' | 'fields' | 'nothing';

/** The request that the simulator sends, before and after signing. */
export interface OutgoingRequest {
  readonly method: string;
  /** Absolute URL. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

/** What a scheme knows of its endpoint beside the secrets. */
export interface EndpointContext {
  /** The public URL that the provider posts to, as configured; without a query, unless the provider's own has one. */
  readonly url?: string;
  /** The endpoint's `params`. */
  readonly params: { readonly [name: string]: string | undefined };
  /** The documents that `Scheme.remoteKeys` asked for, by the id of the request. */
  readonly keys?: ReadonlyMap<string, KeyDocument>;
}

/** A request for a key. Its URL is on a host that the plugin allows, and https unless it is for a certificate. */
export interface KeyRequest {
  /** The same for the same key. */
  readonly id: string;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
  /** A certificate (DER) is asked for, whose issuer is checked: http will do, and the document's text is Base64. */
  readonly certificate?: true;
}

/** What came back for a key: a certificate, a JWK set, whatever the plugin says. The same object while it is cached. */
export interface KeyDocument {
  readonly text: string;
}

/** Where keys are fetched, and kept for a while. */
export interface KeySource {
  /** Undefined: it can't be had now. Never rejects. `endpoint`: the name of the one that it is for. */
  get(request: KeyRequest, endpoint: string): Promise<KeyDocument | undefined>;
}

/** What the endpoints of a plugin have to give. */
export interface Needs {
  /** What secrets are for, where the plugin names them; an empty list: one unnamed kind, or none. */
  readonly secrets: readonly NamedNeed[];
  /** True if an endpoint can't do without a secret of the unnamed kind. */
  readonly secret: boolean;
  readonly params: readonly NamedNeed[];
  /** True if the public URL is signed. */
  readonly url: boolean;
}

export interface NamedNeed {
  readonly name: string;
  readonly description: string;
  readonly optional: boolean;
  /** Of a secret: one that does not say what it is for is tried as this kind. */
  readonly unnamed?: boolean;
}

/** A plugin's `signature`, compiled. Pure: no clock, no environment, no network. */
export interface Scheme {
  /** Request headers that it reads, lower-case: what a second verification needs. */
  readonly headers: readonly string[];
  /** Those of them that carry a secret as it is, such as a password: whoever reads one can send any delivery. */
  readonly secretHeaders: readonly string[];
  /** Those of them that the signature covers, in whichever way a delivery is signed. */
  readonly signedHeaders: readonly string[];
  readonly binds: Binds;
  readonly needs: Needs;
  /** Names of the secrets without which no signature can be found good, of those that must be given. */
  readonly provenBy: readonly string[];
  /** True if `remoteKeys` may ask for something. */
  readonly fetchesKeys: boolean;
  /** True if a key may be fetched from this host, whose name then stands for that of a secret. */
  fetchesFrom(host: string): boolean;
  /** The key that a secret's text stands for. Throws an `Error` whose message has no part of the text. */
  key(text: string, usedFor?: string): KeyObject;
  /**
   * The keys that must be fetched before `verify` can decide, also once those are there that it asked for before: a
   * certificate names where its issuer's is. Throws a `Rejection` if the delivery names one that isn't
   * allowed.
   */
  remoteKeys(
    delivery: Delivery,
    secrets: readonly Secret[],
    now: number,
    surroundings?: EndpointContext,
  ): readonly KeyRequest[];
  /** Proves who sent the delivery, or throws a `Rejection` of stage `verify`. `now` in milliseconds since the epoch. */
  verify(delivery: Delivery, secrets: readonly Secret[], now: number, surroundings?: EndpointContext): Proof;
  /**
   * The same request with the headers (or body fields) that this scheme's sender would add. Throws an `Error` if a
   * delivery of this scheme can't be made with this key. `others`: secrets for what the scheme names beside.
   */
  sign(
    request: OutgoingRequest,
    key: KeyObject,
    now: number,
    surroundings?: EndpointContext,
    others?: readonly Secret[],
  ): OutgoingRequest;
}

/** A request that is not an event, and what the provider wants to read in answer to it. */
export interface Handshake {
  readonly methods: readonly string[];
  /** Whether it answers anybody, or only a request whose signature is good. */
  readonly verified: 'before' | 'after';
  /** Request headers that it reads, lower-case. */
  readonly headers: readonly string[];
  /** The answer, or undefined if the request isn't this handshake. */
  answer(
    delivery: Delivery,
    secrets: readonly Secret[],
    now: number,
    surroundings?: EndpointContext,
  ): CustomAnswer | undefined;
}

/** The text in which a delivery's payload is, and the value that it denotes. Throws a `Rejection` of stage `decode`. */
export type ReadPayload = (
  delivery: Delivery,
  secrets: readonly Secret[],
  now: number,
  surroundings?: EndpointContext,
) => Pick<Decoded, 'text' | 'value' | 'exact'>;

/** What a plugin answers instead of the gateway's JSON when a delivery is taken. */
export interface CustomAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Writes the answer to a delivery that was proven; undefined if the delivery hasn't got what the answer is made of. */
export type WriteAnswer = (delivery: Delivery, surroundings?: EndpointContext) => CustomAnswer | undefined;

/** What the text of a secret, or of what is taken for one, looks like. */
export interface SecretForm {
  /** Regular expression. */
  readonly pattern: string;
  readonly is: string;
  readonly wrong?: boolean;
  readonly livemode?: boolean;
  readonly for?: string;
}

/** A range of IP addresses: those that have the first `bits` in common with `address`. */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** How the provider's API lists the webhook endpoints that are registered there. */
export interface Subscriptions {
  /** GET, with the key as a bearer token. */
  readonly list: string;
  /** Environment variable of the key. */
  readonly env: string;
  /** Members of the answer, and of an item. */
  readonly items: string;
  readonly url: string;
  readonly state: string;
  readonly events: string;
  /** `state` of those that are in use. */
  readonly enabled: string;
}

/** The addresses that a provider says it sends from. */
export interface SenderAddresses {
  readonly networks: readonly Network[];
  /** The provider's page. */
  readonly where: string;
  /** The day on which the list stood there: YYYY-MM-DD. */
  readonly read: string;
}

/** What makes an event the repetition of an earlier one of the same endpoint, id and type. */
export interface Identity {
  /** `content`: the same bytes. `id`: nothing more. */
  readonly by: 'content' | 'id';
  /** Ids that test events share: by content, whatever `by` says. */
  readonly placeholders: readonly string[];
}

/** A plugin compiled: frozen, shared by its endpoints. */
export interface Provider {
  readonly name: string;
  readonly title: string;
  readonly documentation?: string;
  /** Absolute path of the plugin's folder. */
  readonly folder: string;
  readonly scheme: Scheme;
  /** The first whose pattern fits a secret counts; absent: the plugin says nothing of it. */
  readonly secretForms?: readonly SecretForm[];
  /** Absent: the provider publishes none, or nobody has looked. */
  readonly addresses?: SenderAddresses;
  readonly subscriptions?: Subscriptions;
  /** Accepted media types, lower-case, without parameters; `*` may stand for a run of characters. */
  readonly mediaTypes: readonly string[];
  /** JSON pointer with `*` at the elements of a batch; absent: the body is one event. */
  readonly items?: string;
  readonly schemas: readonly PayloadSchema[];
  readonly event: {
    readonly id: Rule;
    readonly type: Rule;
    readonly time?: Rule;
    readonly subject?: Rule;
    readonly livemode?: Rule;
    readonly account?: Rule;
  };
  /** Whether an event of the same id and type is a repetition whatever its bytes are. */
  readonly identity: Identity;
  readonly routes: readonly Route[];
  /** All event types that the provider is known to send; empty if the plugin has no list. */
  readonly eventTypes: ReadonlySet<string>;
  /** Whether the list has a type; absent without a list. */
  readonly knowsType?: (type: string) => boolean;
  readonly answer?: WriteAnswer;
  /** True where the provider takes no answer with a body: 401 has none then. */
  readonly answersEmpty?: boolean;
  readonly handshakes?: readonly Handshake[];
  /** Absent: the body is JSON. */
  readonly readPayload?: ReadPayload;
  /** How the bodies are written that `readPayload` reads. */
  readonly bodyForms?: readonly BodyForm[];
  /** Fields that its plugin protects. */
  readonly protect?: Protection['fields'];
}

/** How a body that a plugin reads is written. */
export interface BodyForm {
  /** Of the media type; absent: every one. */
  readonly type?: RegExp | undefined;
  /** Absent: fields of it can't be found in its bytes: it is XML, or the payload is only a part of it. */
  readonly form?: 'json' | 'form' | undefined;
  /** True where the payload is encoded or encrypted, so that nothing of it can be read in the body's bytes. */
  readonly encoded: boolean;
}

/** What a payload must not show, and what stands in its place: see `src/core/protect/`. Pure but for random nonces. */
export interface Protection {
  /** What is done about card numbers. */
  readonly panGuard: 'off' | 'warn' | 'park' | 'mask';
  /** JSON pointer (`*`: each member or element) → what becomes of the field. */
  readonly fields: readonly { readonly path: string; readonly do: 'drop' | 'mask' | 'tokenise' | 'encrypt' }[];
  /** Id of the key, where there is one. */
  readonly key?: string;
  /** What may be written of a payload: of one event, or of the body of a delivery. */
  protect(bytes: Buffer, of: 'event' | 'delivery', contentType: string): ProtectedBody;
  /** The same of an event as a JSON text, whatever its provider sends. */
  json(text: string): string;
  /** A text without card numbers, where they must not be written. */
  text(text: string): string;
  /** What stands for a text that was made of what is protected; absent without a key. The same for the same text. */
  readonly token?: (text: string) => string;
  /** Keyed hash, base64; absent without a key. */
  readonly digest?: (bytes: Buffer) => string;
  /** Encrypts a text for `open`; absent without a key. */
  readonly seal?: (text: string) => string;
  /** Undefined: it was not sealed with this key. */
  open(sealed: string): string | undefined;
  /** The same for what was protected before: what stands in the place of a value stays. */
  readonly again: Protection;
}

/** A payload as it may be written, and what was found in it. */
export interface ProtectedBody {
  /** The very same where nothing is changed. Empty where it is withheld. */
  readonly bytes: Buffer;
  /** True where the fields could not be looked for. */
  readonly withheld: boolean;
  /** Fields that were changed, by their path. */
  readonly fields: ReadonlyMap<string, string>;
  /** How many values of them. */
  readonly values: number;
  /** Card numbers that were found, masked or not. */
  readonly cards: number;
  /** Names of the fields that those stand in, at most five. */
  readonly names: readonly string[];
}

/** What was protected of a delivery. */
export type Protected = Pick<ProtectedBody, 'values' | 'cards' | 'names'>;

/** A path of the gateway with its provider and secrets. */
export interface Endpoint {
  readonly name: string;
  /** Without the trailing slash, unless it is the root. */
  readonly path: string;
  readonly provider: Provider;
  /** Where its deliveries may come from; absent: from anywhere. */
  readonly allow?: readonly Network[];
  /** Proven deliveries a second that each worker takes; absent: any number. */
  readonly rate?: number;
  readonly secrets: readonly Secret[];
  readonly surroundings?: EndpointContext;
  /** The endpoint's own routes, then the provider's. */
  readonly routes: readonly Route[];
  /** `refuse` answers 422 where `deadletter` answers 200; the dead letter is published either way. */
  readonly rejected: 'deadletter' | 'refuse';
  /** Request headers that the scheme and the rules read, lower-case: what a dead letter keeps to be processed again. */
  readonly headers: readonly string[];
  /** Which events it takes; the others are dead letters. */
  readonly livemode: boolean | 'any';
  /** Absent: what is published are the exact bytes. */
  readonly protect?: Protection;
  /** Events that come again and again: where they stay away, something is wrong. Absent: none. */
  readonly expect?: readonly Expectation[];
}

/** Events of which one is to come within a time. It has `every` or `learn`. Milliseconds. */
export interface Expectation {
  /** The patterns, as the configuration has them, with commas; `*` for all. */
  readonly events: string;
  readonly matches: (type: string) => boolean;
  /** The longest time without one. */
  readonly every?: number;
  /** It is learned from the longest one of so much time. */
  readonly learn?: number;
}

/**
 * A fault in a declaration, before anybody knows where that declaration stands in its file. The loader turns it
 * into a Diagnostic.
 */
export interface Fault {
  /** Rule id, as `--rule` and the documentation name it. */
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  /** JSON pointer from the root of the declaration's document. */
  readonly pointer: string;
  /** True where the fault is the key itself, not its value. */
  readonly key?: boolean;
  /** Characters [start, end) of the scalar at `pointer`, where only a part of it is at fault. */
  readonly within?: readonly [number, number];
  readonly message: string;
  /** What to do, or a did-you-mean. */
  readonly hint?: string;
}

/**
 * Why records could not be made safe. `refused`: Kafka will never take this record, sending again can't help.
 * `unavailable`: waiting can cure it; the record may have been written all the same.
 */
export class PublishError extends Error {
  readonly kind: 'refused' | 'unavailable';
  /** Kafka's or the system's own name of the cause: `MESSAGE_TOO_LARGE`, `ECONNREFUSED`. */
  readonly reason: string;
  /** Present where the record is still under way: resolves if it is safe after all, rejects if it isn't. */
  readonly late: Promise<Placement | Spooled> | undefined;

  constructor(
    kind: 'refused' | 'unavailable',
    reason: string,
    message: string,
    options: ErrorOptions & { readonly late?: Promise<Placement | Spooled> | undefined } = {},
  ) {
    super(message, options);
    this.name = 'PublishError';
    this.late = options.late;
    this.kind = kind;
    this.reason = reason;
  }
}

/** A rule that failed on a payload. The message has no part of the payload. */
export class RuleError extends Error {
  readonly source: string;
  /** JSONata's code, such as `T2001`; `timeout` and the like for the guards. */
  readonly reason: string;

  constructor(source: string, reason: string, message: string) {
    super(message);
    this.name = 'RuleError';
    this.source = source;
    this.reason = reason;
  }
}

/** Bytes of the largest body that `server.limits.body` may allow: twice that fits into a frame of the spool. */
export const largestBody = 32 * 1024 * 1024;
