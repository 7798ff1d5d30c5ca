import type { Stage } from '../core/rejection.js';

/**
 * What the inspector's routes of the admin server take and give, as types only: the server, the pages and the command line
 * import them. All of it is JSON. Nothing has a value of a payload or a secret, but for what `POST /deliveries/ID/reveal` gives.
 * Times are RFC 3339 with milliseconds unless a name says otherwise; `ms` is milliseconds.
 *
 * Every request must have a Host (and Origin) of the admin server, else 403. Whatever is not GET needs the header
 * `X-Gateway-Inspector: 1`, and `Authorization: Bearer TOKEN` where `admin.token` is given. A fault is answered with an `InspectorError`.
 */

/** What became of a delivery: the words of `gateway_deliveries_total`. */
export type DeliveryOutcome =
  | 'accepted'
  | 'spooled'
  | 'duplicate'
  | 'dead_lettered'
  /** 401; a dead letter is written while the budget for them lasts. */
  | 'unproven'
  | 'handshake'
  /** Not taken: path, method, media type, size, rate or address. */
  | 'refused'
  /** 503: the provider sends again. */
  | 'unavailable'
  /** 500: a bug. */
  | 'error';

/** One event of a delivery, or one item of it that was rejected. */
export interface DeliveryEvent {
  readonly outcome: 'accepted' | 'spooled' | 'duplicate' | 'dead_lettered';
  /** The provider's. Absent for what was rejected. */
  readonly id?: string;
  readonly type?: string;
  readonly topic?: string;
  readonly key?: string;
  /** Absent while the record is in the spool. Of a duplicate: where the first one lies. */
  readonly partition?: number;
  /** A 64-bit number, as text. */
  readonly offset?: string;
  /** Code of the rejection. */
  readonly reason?: string;
  /** JSON pointer of the item in the body; absent for the whole. */
  readonly item?: string;
}

/** What is kept of a delivery. Texts are cut at 200 characters. */
export interface DeliveryRow {
  /** The gateway's id of the delivery, as in the log and in dead letters; of a request that was not taken, one of the row alone. */
  readonly id: string;
  /** When it came. */
  readonly at: string;
  /** Name of the endpoint, as in metrics, log and dead letters; '' where no endpoint has the path. */
  readonly endpoint: string;
  readonly path: string;
  /** Name of the plugin; '' as above. */
  readonly provider: string;
  readonly outcome: DeliveryOutcome;
  /** Code of the first rejection: see the table of rejections. */
  readonly reason?: string;
  /** Of the answer. */
  readonly status: number;
  /** From the headers of the request to the answer. */
  readonly ms: number;
  /** Of that: until the body was complete. Absent where it was not read. */
  readonly bodyMs?: number;
  /** Of the body; 0 where it was not read. */
  readonly bytes: number;
  /** Name of the secret that proved it. */
  readonly secret?: string;
  /** Of the client. */
  readonly address?: string;
  /** At most 20. */
  readonly events: readonly DeliveryEvent[];
  /** Events that are not listed. */
  readonly more?: number;
  /** Where the dead letter lies; without an offset while it is in the spool. */
  readonly letter?: { readonly topic: string; readonly partition?: number; readonly offset?: string };
}

/** A row with its place among all rows: opaque, for `before`. */
export type SequencedRow = DeliveryRow & { readonly seq: string };

/** The query of `GET /deliveries` and `GET /deliveries/stream`. Several values of one name: any of them. */
export interface DeliveryQuery {
  /** Name or path. */
  readonly endpoint?: string | readonly string[];
  readonly outcome?: DeliveryOutcome | readonly DeliveryOutcome[];
  readonly reason?: string | readonly string[];
  /** Event type; `*` stands for any run of characters. */
  readonly type?: string | readonly string[];
  /** Delivery id, event id, key, topic or client address: the whole, or its beginning. */
  readonly q?: string;
  /** RFC 3339; `from` inclusive, `to` exclusive. */
  readonly from?: string;
  readonly to?: string;
  /** 1 to 1,000; 100 by default. Only for the list. */
  readonly limit?: number;
  /** `seq` of the oldest row that is known. Only for the list. */
  readonly before?: string;
}

/** `GET /deliveries`. */
export interface DeliveryList {
  /** Newest first. */
  readonly rows: readonly SequencedRow[];
  /** At most 60 steps of equal length, oldest first; of all rows that fit, whatever `before` and `limit` say. */
  readonly histogram: readonly {
    readonly at: string;
    readonly counts: { readonly [outcome in DeliveryOutcome]?: number };
  }[];
  /** Milliseconds of a step. */
  readonly step: number;
  /** Rows that fit. */
  readonly total: number;
  /** Rows that are kept, and when the oldest of them came. */
  readonly kept: number;
  readonly since?: string;
  /** Where `GET /deliveries/stream` goes on from this list: its `after`. */
  readonly cursor: string;
}

/**
 * `GET /deliveries/stream`: server-sent events, `event: delivery` with `data: SequencedRow` each, oldest first; `event: dropped` with
 * `data: {"count": n}`: so many more came and were not sent (with a filter by type or `q`: some of them may not fit). `id:` (of the last of a batch) is a cursor: sent back as
 * Last-Event-ID, or given as `?after=`, the stream goes on there. At most 10 batches a second of at most 50 rows; a comment
 * every 15 s.
 */
export interface StreamDropped {
  readonly count: number;
}

/** A step in the life of a delivery, in order. */
export interface DeliveryStage {
  readonly name: Exclude<Stage, 'route'> | 'received' | 'dedupe' | 'dead_letter' | 'answered';
  readonly decision: 'passed' | 'stopped' | 'skipped' | 'unknown';
  /** What was decided, in a sentence, or in a line for each of several things. */
  readonly detail: string;
  /** Milliseconds since the delivery came: where the step ended. Known of received, body, answered. */
  readonly at?: number;
  /** JSON pointer of the item that it is about; absent: the whole delivery. */
  readonly item?: string;
  /** The rule that decided, in the YAML of the configuration or of a plugin. */
  readonly place?: Place;
  /** The condition or rule itself. */
  readonly rule?: string;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** `GET /deliveries/ID`; 404 where neither the rows nor the dead letters have it. */
export interface DeliveryDetail {
  /** Of a dead letter that is no longer among the rows: as far as the letter tells. */
  readonly row: DeliveryRow;
  /**
   * What the running configuration makes of the record or dead letter today; if that cannot be read, only what the row says.
   */
  readonly stages: readonly DeliveryStage[];
  /** Why stages are missing or may differ. */
  readonly notes: readonly string[];
  /** Of the request, where they are kept (in dead letters): what they look like, such as `<text of 64>`, never what they say. */
  readonly headers: { readonly [name: string]: string };
  /** The payload's names, types and lengths; absent: it cannot be read. */
  readonly shape?: unknown;
  /** Where the shape is from: `topic/partition@offset`. */
  readonly place?: string;
  /** Present for a dead letter. */
  readonly letter?: LetterRow & { readonly errors: readonly LetterFault[] };
  /** Whether `reveal` has something to give. */
  readonly revealable: boolean;
}

export interface LetterFault {
  readonly code: string;
  readonly stage: string;
  readonly item?: string;
  readonly detail?: string;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

/** `POST /deliveries/ID/reveal`: needs `admin.token`; the reason (8 to 500 characters) is logged with the delivery. */
export interface RevealRequest {
  readonly reason: string;
}

export interface Revealed {
  /** As text; card numbers are masked. */
  readonly body: string;
  /** Base64: the body is not UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  readonly contentType?: string;
  /** How many card numbers were masked. */
  readonly masked: number;
  /** `topic/partition@offset`. */
  readonly place: string;
}

/** `GET /activity`. */
export interface Activity {
  readonly startedAt: string;
  /** When it was put together. */
  readonly at: string;
  readonly endpoints: readonly EndpointActivity[];
  /** Most requests first, those with a suggestion before all others; at most 20. */
  readonly unknownPaths: readonly UnknownPath[];
  /** Requests to unknown paths, also those whose path is not kept. */
  readonly unknownRequests: number;
}

export interface EndpointActivity {
  /** Name. */
  readonly endpoint: string;
  readonly path: string;
  readonly provider: string;
  /** 60, oldest first; the last one is the minute that is running. */
  readonly minutes: readonly { readonly [outcome in DeliveryOutcome]?: number }[];
  /** Deliveries a second over the last minute. */
  readonly rate1m: number;
  /** Of the last 5 minutes: milliseconds; absent: there was no delivery. */
  readonly p50?: number;
  readonly p99?: number;
  /** When an event last came that was published, or known already. */
  readonly lastEvent?: string;
  /** Present where it is quiet for longer than its last hour lets one expect. */
  readonly silence?: SilenceAbout;
  /** Every secret of the endpoint by name; null: not since the start. */
  readonly secretLastUsed: { readonly [name: string]: string | null };
}

export interface SilenceAbout {
  /** Since the last event. */
  readonly seconds: number;
  /** Deliveries that would have come in this time, had it gone on as before. */
  readonly expected: number;
}

export interface UnknownPath {
  /** At most 80 bytes, printable, without the query. */
  readonly path: string;
  readonly count: number;
  readonly last: string;
  /** Path of an endpoint. */
  readonly didYouMean?: string;
}

/** `GET /about`. */
export interface InspectorAbout {
  readonly version: string;
  readonly startedAt: string;
  /** False: `admin.token` is not given, and nothing can be changed or revealed. */
  readonly writable: boolean;
  readonly publisher: 'kafka' | 'embedded';
  readonly deadLetterTopic: string;
}

/** `POST /token`: 200 with this where the token is right, else 403. */
export interface TokenChecked {
  readonly ok: true;
}

/** `GET /configuration`. */
export interface InspectorConfig {
  readonly file: string;
  readonly digest: string;
  readonly loadedAt: string;
  /** Why the last reload was refused, if it was. */
  readonly lastError?: string;
  /** In the form of gateway.yaml: what `gateway config print` prints. Secrets by name only. */
  readonly resolved: { readonly [name: string]: unknown };
  /** The same as YAML. */
  readonly text: string;
  readonly routes: readonly RouteHits[];
  /** Event types of the plugins that no route of an endpoint takes. */
  readonly unrouted: readonly { readonly endpoint: string; readonly types: readonly string[] }[];
  /** What `gateway lint-config` says; `running`: ask again in a second. */
  readonly lint: { readonly state: 'running' | 'done' | 'failed'; readonly findings: readonly LintFinding[] };
}

export interface RouteHits {
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly provider: string;
  /** Patterns; empty: every type. */
  readonly events: readonly string[];
  /** Event types of the plugin that come as far as this route; those that a condition sends on are with each route that may take them. */
  readonly types: readonly string[];
  /** False: a route before it takes everything. */
  readonly reachable: boolean;
  readonly when?: string;
  readonly topic: string;
  readonly key?: string;
  readonly place: Place;
  /** Declared by the configuration, or by the plugin. */
  readonly of: 'endpoint' | 'plugin';
  /** Events since the start (of a worker that was replaced: since then) that took this route; duplicates count. */
  readonly hits: number;
  readonly lastHit?: string;
}

export interface LintFinding {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

/** `GET /providers`: those that endpoints use. */
export interface InspectorProviders {
  readonly providers: readonly ProviderAbout[];
}

export interface ProviderAbout {
  readonly name: string;
  readonly title: string;
  readonly documentation?: string;
  readonly folder: string;
  readonly endpoints: readonly string[];
  /** What the signature covers. */
  readonly binds: 'body' | 'fields' | 'nothing';
  /** The scheme in words, a line each. */
  readonly signature: readonly string[];
  /** Headers that decide an event's id, type or route although they are not signed. */
  readonly unsignedHeaders: readonly string[];
  /** The provider's pages that the declaration is made of; `about`: what of it they confirm. */
  readonly sources: readonly {
    readonly about: readonly string[];
    readonly what: string;
    readonly where: string;
    readonly read: string;
  }[];
  /** Headers that the scheme reads; those that carry a secret as it is. */
  readonly headers: readonly string[];
  readonly secretHeaders: readonly string[];
  /** What makes an event a repetition: the same bytes, or the same id and type. */
  readonly dedupe: 'content' | 'id';
  /** JSON pointer of a batch's items. */
  readonly items?: string;
  readonly eventTypes: number;
  /** Names of the examples, which `POST /eval` takes. */
  readonly examples: readonly string[];
  /** Where the addresses are from that the provider says it sends from, and when somebody read it (YYYY-MM-DD). */
  readonly addresses?: { readonly networks: readonly string[]; readonly where: string; readonly read: string };
}

/** `GET /topics`. */
export interface InspectorTopics {
  readonly connected: boolean;
  readonly spoolFull: boolean;
  readonly topics: readonly TopicAbout[];
}

export interface TopicAbout {
  readonly topic: string;
  readonly deadLetters: boolean;
  /** Names of endpoints with a route to it. */
  readonly endpoints: readonly string[];
  /** Events since the start that went there. */
  readonly hits: number;
  /** False: records wait on disk. */
  readonly open: boolean;
  readonly spooled: number;
  readonly spooledBytes: number;
  readonly oldestSeconds: number;
  /** Refused by Kafka for good. */
  readonly parked: number;
}

/** `GET /dead-letters/groups`: endpoint × reason × pointer, those with the newest letter first. */
export interface LetterGroups {
  readonly topic: string;
  readonly groups: readonly LetterGroup[];
  /** True: the topic has more, older letters than are read (the newest 50,000 records of each partition). */
  readonly cut: boolean;
}

export interface LetterGroup {
  /** Opaque: for `group`. */
  readonly group: string;
  readonly endpoint: string;
  readonly reason: string;
  /** JSON pointer of the disagreement with the schema, array indexes as `*`; '' for none. */
  readonly pointer: string;
  /** Letters that are neither replayed nor dismissed. */
  readonly open: number;
  readonly replayed: number;
  readonly dismissed: number;
  /** Of them, not proven: anybody may have sent them. */
  readonly unproven: number;
  readonly first: string;
  readonly last: string;
  /** Delivery id of the newest. */
  readonly sample: string;
}

/** `GET /dead-letters?group=&state=open&limit=100&offset=0`: newest first. */
export interface LetterList {
  readonly letters: readonly LetterRow[];
  readonly total: number;
}

export interface LetterRow {
  /** Delivery id. */
  readonly id: string;
  readonly at: string;
  readonly endpoint: string;
  readonly reason: string;
  readonly pointer: string;
  readonly detail?: string;
  /** Event type, where the plugin's rule finds it. */
  readonly type?: string;
  readonly bytes: number;
  readonly verified: boolean;
  readonly place: string;
  readonly state: LetterState;
}

export type LetterState = 'open' | 'partly' | 'replayed' | 'dismissed';

/** What `dry-run`, `replay` and `dismiss` are about: ids, or the open letters of a group. */
export type LetterChoice = { readonly ids: readonly string[] } | { readonly group: string };

/**
 * `POST /dead-letters/dry-run` and `POST /dead-letters/replay` (needs `admin.token`), with a `LetterChoice`: 202 and the job. `GET /dead-letters/jobs/ID` tells how
 * far it is; `POST /dead-letters/jobs/ID/stop` ends it after the batch under way. One replay at a time (409).
 */
export interface LetterJob {
  readonly job: string;
  readonly kind: 'dry-run' | 'replay';
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly startedAt: string;
  /** How many there are, and how many are decided. */
  readonly selected: number;
  readonly done: number;
  /** Letters that are done, or would be. */
  readonly replayed: number;
  /** Events that were published or would be; those that were in their topic before. */
  readonly published: number;
  readonly duplicates: number;
  /** Topic → events. */
  readonly topics: { readonly [topic: string]: number };
  readonly failing: number;
  /** What has changed since the letter was written, of at most 200 letters: `now` is `published`, or the code of a rejection. */
  readonly changes: readonly {
    readonly id: string;
    readonly before: string;
    readonly now: string;
    readonly detail?: string;
  }[];
  /** Why it failed. */
  readonly error?: string;
}

/** `POST /dead-letters/dismiss` (needs `admin.token`): `note` is at most 200 characters. */
export type DismissRequest = LetterChoice & { readonly note?: string };

export interface Dismissed {
  readonly dismissed: number;
}

/** `POST /eval`. `expression` has at most 10,000 characters. */
export type EvalRequest = {
  readonly expression: string;
} & (
  | {
      /** Name of an endpoint; its plugin's examples: the named one, or all (at most 50). */
      readonly endpoint: string;
      readonly example?: string;
    }
  /** A JSON text of at most 256 KiB. */
  | { readonly json: string }
);

/** 200 also where the expression is wrong. */
export interface EvalResult {
  /** What is wrong with the expression; then there are no results. */
  readonly fault?: {
    readonly message: string;
    readonly hint?: string;
    /** Characters [start, end) of the expression. */
    readonly within?: readonly [number, number];
  };
  readonly results: readonly {
    /** Name of the example; absent for given JSON. */
    readonly example?: string;
    /** JSON pointer of the item. */
    readonly item?: string;
    /** Absent: nothing. */
    readonly value?: unknown;
    readonly type: 'nothing' | 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'function';
    readonly ms: number;
    /** Why it failed. */
    readonly error?: string;
  }[];
}

/** Of every status from 400 on. */
export interface InspectorError {
  /** For people: what happened, and what to do. */
  readonly error: string;
  readonly reason:
    | 'target'
    | 'host'
    | 'origin'
    | 'token'
    /** `X-Gateway-Inspector: 1` is missing. */
    | 'header'
    /** `admin.token` is not given. */
    | 'read_only'
    | 'not_found'
    | 'invalid'
    /** Another one is at work. */
    | 'busy'
    | 'unavailable';
}
