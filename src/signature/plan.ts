import type { Encoding, KeyDeclaration } from './declaration.js';
import type { EntryForm } from './entries.js';
import type { Piece, ValueReader } from './sources.js';
import type { ValuePart } from './templates.js';
import type { TimestampCheck } from './timestamp.js';

/** A signature declaration, compiled: what verifying and signing both follow. */
export interface Plan {
  /** As node:crypto names it. */
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly encoding: Encoding;
  /** What an encoded digest looks like. */
  readonly form: RegExp;
  readonly from: ValueReader;
  readonly strip: string;
  readonly entries: EntryForm;
  readonly content: readonly Piece[];
  readonly key: KeyDeclaration;
  readonly timestamp?: TimestampCheck;
  /** Path of the batch items, where each has its own signature. */
  readonly items?: readonly string[];
  /** True if a source reads the parsed body. */
  readonly readsBody: boolean;
  /** The values that the templates read, for signing: where the signature goes and which others are needed. */
  readonly parts: {
    readonly from: ValuePart;
    readonly timestamp?: ValuePart;
    readonly content: readonly ValuePart[];
  };
}
