/** A file of tests, as `schemas/tests.schema.json` lets it through. */
export interface CasebookDeclaration {
  readonly version: 1;
  readonly endpoint?: string;
  readonly cases: readonly CaseDeclaration[];
}

export interface CaseDeclaration {
  readonly name: string;
  readonly endpoint?: string;
  readonly given: GivenDeclaration;
  readonly expect?: CaseExpectation;
}

export interface GivenDeclaration {
  readonly example?: string;
  readonly payload?: unknown;
  readonly file?: string;
  readonly request?: string;
  readonly set?: { readonly [path: string]: unknown };
  readonly remove?: readonly string[];
  readonly headers?: { readonly [name: string]: string };
  readonly signing?: Signing;
  /** RFC 3339. */
  readonly time?: string;
}

export type Signing =
  | 'valid'
  | 'none'
  | 'wrong'
  | 'tampered'
  | { readonly secret?: string; readonly age?: string; readonly ahead?: string };

export interface ExpectedRecord {
  readonly event?: { readonly [fact: string]: string | boolean };
  readonly topic?: string;
  readonly key?: string;
  readonly headers?: { readonly [name: string]: string };
}

export interface CaseExpectation extends ExpectedRecord {
  readonly status?: number;
  readonly rejection?: string;
  readonly records?: readonly ExpectedRecord[];
}
