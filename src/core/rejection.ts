import type { SchemaError } from './model.js';

/**
 * Why a delivery stops: the one table. `status` is what the provider gets, `letter` which dead letter is written:
 * `proven` always, `unproven` within the budget for unverified traffic, `none` never.
 * An endpoint with `rejected: refuse` answers 422 instead of the 200 of a proven one.
 */
export const rejections = {
  method_not_allowed: { stage: 'route', status: 405, letter: 'none', meaning: 'the path takes POST only' },
  path_unknown: { stage: 'route', status: 404, letter: 'none', meaning: 'no endpoint has this path' },
  address_not_allowed: {
    stage: 'route',
    status: 403,
    letter: 'none',
    meaning: 'the endpoint has `allow`, and the client is not in it',
  },
  address_rate_exceeded: {
    stage: 'route',
    status: 429,
    letter: 'none',
    meaning: 'its address has sent more requests that prove nothing than server.limits.unprovenPerAddress',
  },
  endpoint_rate_exceeded: {
    stage: 'route',
    status: 429,
    letter: 'none',
    meaning: 'the endpoint has taken more deliveries than its `rate`; the provider sends again',
  },
  media_type_unsupported: {
    stage: 'body',
    status: 415,
    letter: 'none',
    meaning: 'the content type is not one that the provider sends',
  },
  encoding_unsupported: {
    stage: 'body',
    status: 415,
    letter: 'none',
    meaning: 'the body is compressed; signatures are over the bytes as sent',
  },
  body_too_large: { stage: 'body', status: 413, letter: 'none', meaning: 'the body is larger than server.limits.body' },
  body_timeout: {
    stage: 'body',
    status: 408,
    letter: 'none',
    meaning: 'the body did not arrive within server.limits.bodyTimeout',
  },
  body_too_slow: {
    stage: 'body',
    status: 408,
    letter: 'none',
    meaning: 'the body came more slowly than server.limits.bodyRate',
  },
  body_fragmented: {
    stage: 'body',
    status: 400,
    letter: 'none',
    meaning: 'the body came in thousands of chunks of a few bytes',
  },
  body_aborted: {
    stage: 'body',
    status: 400,
    letter: 'none',
    meaning: 'the connection was cut before the body was complete',
  },
  overloaded: {
    stage: 'body',
    status: 503,
    letter: 'none',
    meaning:
      'more deliveries are in flight than server.limits.inFlight, or than can be processed; the provider sends again',
  },
  signature_missing: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'no signature where the scheme has it',
  },
  signature_malformed: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'the signature, or a field that it covers, is repeated or not of the form that the scheme prescribes',
  },
  signature_mismatch: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'no active secret gives this signature',
  },
  secret_inactive: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'the signature is that of a secret which has expired or is not active yet',
  },
  timestamp_malformed: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'the timestamp is missing or not of the form that the scheme prescribes',
  },
  timestamp_stale: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'signed longer ago than the scheme tolerates',
  },
  timestamp_future: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'signed further in the future than the scheme tolerates',
  },
  key_untrusted: {
    stage: 'verify',
    status: 401,
    letter: 'unproven',
    meaning: 'the key that the sender names is not where the plugin allows it, or its certificate is not valid',
  },
  key_unavailable: {
    stage: 'verify',
    status: 503,
    letter: 'none',
    meaning: 'the key of the provider could not be fetched; the provider sends again',
  },
  payload_not_utf8: { stage: 'decode', status: 200, letter: 'proven', meaning: 'the body is not UTF-8' },
  payload_malformed: {
    stage: 'decode',
    status: 200,
    letter: 'proven',
    meaning: 'the payload is not of the form that the plugin says',
  },
  batch_malformed: {
    stage: 'split',
    status: 200,
    letter: 'proven',
    meaning: 'the items of the batch are not where the plugin says',
  },
  schema_violation: {
    stage: 'validate',
    status: 200,
    letter: 'proven',
    meaning: 'the payload disagrees with the JSON Schema of the plugin',
  },
  schema_none: {
    stage: 'validate',
    status: 200,
    letter: 'proven',
    meaning: 'no schema of the plugin is for this payload',
  },
  event_unidentified: { stage: 'identify', status: 200, letter: 'proven', meaning: 'the event has no id or no type' },
  livemode_mismatch: {
    stage: 'identify',
    status: 200,
    letter: 'proven',
    meaning: 'a test event on a live endpoint, or the reverse',
  },
  rule_failed: { stage: 'map', status: 200, letter: 'proven', meaning: 'a JSONata rule failed on this payload' },
  route_none: { stage: 'map', status: 200, letter: 'proven', meaning: 'no route is for this event' },
  card_number_found: {
    stage: 'protect',
    status: 200,
    letter: 'proven',
    meaning: 'the payload has a card number, and the endpoint has panGuard: park',
  },
  duplicate_pending: {
    stage: 'publish',
    status: 503,
    letter: 'none',
    meaning: 'another replica is publishing this event and has not ended after 2 s; the provider sends again',
  },
  dedupe_unavailable: {
    stage: 'publish',
    status: 503,
    letter: 'none',
    meaning: 'Redis is unavailable, and dedupe.redis has `onError: refuse`; the provider sends again',
  },
  record_refused: {
    stage: 'publish',
    status: 200,
    letter: 'proven',
    meaning: 'Kafka refuses this record for good, most often because it is too large for the topic',
  },
  kafka_unavailable: {
    stage: 'publish',
    status: 503,
    letter: 'none',
    meaning: 'Kafka did not acknowledge in time; the provider sends again',
  },
} as const satisfies {
  [code: string]: { stage: Stage; status: number; letter: 'proven' | 'unproven' | 'none'; meaning: string };
};

export type Stage =
  | 'route'
  | 'body'
  | 'verify'
  | 'decode'
  | 'split'
  | 'validate'
  | 'identify'
  | 'map'
  | 'protect'
  | 'publish';
export type RejectionCode = keyof typeof rejections;

export interface RejectionDetails {
  /** For the operator's log and the dead letter: never a secret, never a part of the payload. */
  readonly detail?: string;
  readonly errors?: readonly SchemaError[];
  /** JSON pointer of the batch item that it is about. */
  readonly item?: string;
}

/** The typed fault of a request. Stages throw it, the pipeline and the Koa error function catch it. */
export class Rejection extends Error {
  readonly code: RejectionCode;
  readonly detail: string | undefined;
  readonly errors: readonly SchemaError[];
  readonly item: string | undefined;

  constructor(code: RejectionCode, details: RejectionDetails = {}) {
    super(rejections[code].meaning);
    this.name = 'Rejection';
    this.code = code;
    this.detail = details.detail;
    this.errors = details.errors ?? [];
    this.item = details.item;
  }

  get stage(): Stage {
    return rejections[this.code].stage;
  }

  get status(): number {
    return rejections[this.code].status;
  }

  /** The same, said of one item of a batch. `pointer` is a JSON pointer; empty for the whole body. */
  at(pointer: string): Rejection {
    if (pointer === '') return this;
    return new Rejection(this.code, {
      ...(this.detail !== undefined && { detail: this.detail }),
      errors: this.errors,
      item: pointer,
    });
  }
}
