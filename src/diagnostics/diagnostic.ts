/** A position in a file: line and column count from 1, the offset from 0, all in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A fault in a file that an operator writes. */
export interface Diagnostic {
  /** Rule id, as `--rule` and the documentation name it. */
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  /** Absolute path. */
  readonly file: string;
  /** [start, end); absent where the whole file is meant (it is missing, say). */
  readonly range?: { readonly start: Position; readonly end: Position };
  readonly message: string;
  readonly hint?: string;
}
