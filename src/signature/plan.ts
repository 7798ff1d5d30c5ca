import type { KeyObject } from 'node:crypto';
import type { AlgorithmPlan } from './algorithms.js';
import type { SchemeCondition } from './conditions.js';
import type { Encoding, JwsAlgorithm, KeyDeclaration, SchemeDeclaration } from './declaration.js';
import type { DigestForm } from './encoding.js';
import type { EntryForm } from './entries.js';
import type { ItemScan } from './json-scan.js';
import type { Offer } from './offers.js';
import type { Pointers } from './pointers.js';
import type { RemotePlan } from './remote.js';
import type { BytesReader, Piece, ValueReader } from './sources.js';
import type { ValuePart } from './templates.js';
import type { TimestampCheck } from './timestamp.js';

/** An algorithm and what its signatures look like. */
export interface Method {
  readonly algorithm: AlgorithmPlan;
  /** Absent where the length of a signature isn't fixed. */
  readonly form?: DigestForm;
}

/** A signature declaration, compiled: what verifying and signing both follow. */
export interface Plan {
  readonly method: Method | { readonly named: ValueReader; readonly cases: ReadonlyMap<string, Method> };
  readonly encoding: Encoding;
  readonly from: readonly BytesReader[];
  /** How the text as a whole is encoded. */
  readonly decode: 'base64' | 'base64url' | undefined;
  readonly strip: string;
  readonly entries: EntryForm;
  /** Which key an entry must have; absent: see `EntryForm.pick`. */
  readonly picked: readonly Piece[] | undefined;
  /** What may be signed: the first for which a key fits. */
  readonly contents: readonly (readonly Piece[])[];
  /** True if the content has the secret in it. */
  readonly keyed: boolean;
  readonly document: ValueReader | undefined;
  readonly key: KeyDeclaration;
  /** The plugin's own name of the secret, where it has several. */
  readonly secret: string | undefined;
  /** A public key that the plugin has. */
  readonly published: KeyObject | undefined;
  readonly remote: RemotePlan | undefined;
  /** What handshakes sign for anybody: it proves nothing. */
  readonly offers: readonly Offer[];
  readonly timestamp: TimestampCheck | undefined;
  /** True if the time is the one thing that is read from a parsed body. */
  readonly lateTime: boolean;
  readonly jwt: JwtPlan | undefined;
  readonly require: readonly SchemeCondition[];
  readonly when: readonly SchemeCondition[];
  /** The batch, where each of its items has its own signature. */
  readonly items: ItemScan | undefined;
  /** What is read of the header of a token. */
  readonly header: Pointers;
  /** The values that the templates read, for signing: where the signature goes and which others are needed. */
  readonly parts: {
    readonly from: readonly ValuePart[];
    readonly timestamp: ValuePart | undefined;
    readonly all: readonly ValuePart[];
    /** What is signed, be it in the content or in a claim. */
    readonly signed: readonly ValuePart[];
    /** Those that name the headers which are signed. */
    readonly lists: readonly ValuePart[];
    /** Names the algorithm. */
    readonly named: ValuePart | undefined;
  };
  readonly declaration: SchemeDeclaration;
}

export interface JwtPlan {
  readonly algorithms: readonly JwsAlgorithm[];
  /** What a claim must be; true: there. An absent value: the claim must be absent too. */
  readonly claims: readonly (readonly [string, readonly Piece[] | boolean])[];
  readonly required: readonly string[];
  /** Milliseconds. */
  readonly maxAge: number | undefined;
  readonly leeway: number;
}
