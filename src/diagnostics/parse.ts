import type { Document, LineCounter as Lines, YAMLError } from 'yaml';
import type { Fault } from '../core/model.js';
import { require } from '../util/require.js';
import type { Diagnostic } from './diagnostic.js';
import { locate } from './locate.js';

const { isAlias, LineCounter, parseDocument, visit }: typeof import('yaml') = require('yaml');

/** A parsed YAML or JSON file that knows where its values stand. */
export interface LocatedDocument {
  readonly file: string;
  readonly text: string;
  /** Plain objects, arrays and scalars. */
  readonly value: unknown;
  toDiagnostic(fault: Fault): Diagnostic;
  /** Line of the value at a JSON pointer, from 1. */
  lineOf(pointer: string): number;
}

/** Parses YAML 1.2, and JSON as a part of it. The document is absent if the text has an error of syntax. */
export function parseYaml(
  file: string,
  text: string,
): { document?: LocatedDocument; diagnostics: readonly Diagnostic[] } {
  const lines = new LineCounter();
  const { document, variables } = parseAround(text, lines);
  const rangeOf = (start: number, end: number) => ({
    start: position(lines, text, start),
    end: position(lines, text, end),
  });
  const diagnostics: Diagnostic[] = [
    ...variables.map(([start, end]) => ({ ...bareVariable(text.slice(start, end)), file, range: rangeOf(start, end) })),
    ...explainErrors(document.errors, text).map(({ span, ...error }) => ({
      file,
      severity: 'error' as const,
      range: rangeOf(...span),
      ...error,
    })),
    ...document.warnings.map((error) => ({
      file,
      severity: 'warning' as const,
      range: rangeOf(...error.pos),
      ...explain(error),
    })),
    ...findBadAliases(document, text).map(([start, end]) => ({ ...badAlias, file, range: rangeOf(start, end) })),
  ];
  if (diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics };
  if (document.contents === null) return { diagnostics: [{ ...empty, file }] };
  try {
    return { document: createDocument(file, text, document, rangeOf), diagnostics };
  } catch {
    // toJS refuses aliases that multiply beyond all measure.
    return { diagnostics: [{ ...tooManyAliases, file }] };
  }
}

/** As `parseYaml`, for JSON, which is read much faster by itself: where its values stand is looked up when somebody asks. */
export function parseJsonFile(
  file: string,
  text: string,
): { document?: LocatedDocument; diagnostics: readonly Diagnostic[] } {
  const value = readStrictly(text);
  // What is wrong with it, or whether it is YAML after all, is said there.
  if (value === undefined || value === null) return parseYaml(file, text);
  return { document: withoutNodes({ file, text, value }), diagnostics: [] };
}

/** The same document, parsed when somebody asks where something stands: its nodes take much more memory than its text. */
export function withoutNodes({ file, text, value }: Pick<LocatedDocument, 'file' | 'text' | 'value'>): LocatedDocument {
  let located: LocatedDocument | undefined;
  function locateNow(): LocatedDocument {
    located ??= parseYaml(file, text).document;
    if (located === undefined) throw new Error(`${file} is no YAML`);
    return located;
  }
  const toDiagnostic = (fault: Fault) => locateNow().toDiagnostic(fault);
  return { file, text, value, toDiagnostic, lineOf: (pointer) => locateNow().lineOf(pointer) };
}

/** Undefined: no JSON, or an object in it has a key twice. */
function readStrictly(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Of a key that is there twice JSON.parse keeps one.
    return countKeys(value) === countColons(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const child of Object.values(value)) count += countKeys(child);
  return count;
}

/** Outside of texts. */
function countColons(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
}

function createDocument(
  file: string,
  text: string,
  document: Document,
  rangeOf: (start: number, end: number) => NonNullable<Diagnostic['range']>,
): LocatedDocument {
  function toDiagnostic(fault: Fault): Diagnostic {
    const span = locate(document, text, fault);
    const { rule, severity, message, hint } = fault;
    return {
      rule,
      severity,
      file,
      message,
      ...(span !== undefined && { range: rangeOf(...span) }),
      ...(hint !== undefined && { hint }),
    };
  }
  const lineOf = (pointer: string) => rangeOf(...(locate(document, text, { pointer }) ?? [0, 0])).start.line;
  const value: unknown = document.toJS();
  return { file, text, value, toDiagnostic, lineOf };
}

/**
 * Parses a text; where `${VAR}` without quotes breaks it, what comes of that is no fault of its own: it is parsed as if a
 * word were there. `variables`: offsets [start, end) of them.
 */
function parseAround(text: string, lineCounter: Lines) {
  const variables: [number, number][] = [];
  let parsed = text;
  for (;;) {
    const document = parseDocument(parsed, { prettyErrors: false, ...(parsed === text ? { lineCounter } : {}) });
    const broken = document.errors.flatMap(({ pos: [at] }) => /^\$\{[^}\n]*\}/.exec(parsed.slice(at - 1))?.[0] ?? []);
    const error = document.errors.find(({ pos: [at] }) => /^\$\{[^}\n]*\}/.test(parsed.slice(at - 1)));
    const [word] = broken;
    if (error === undefined || word === undefined) return { document, variables };
    const start = error.pos[0] - 1;
    variables.push([start, start + word.length]);
    parsed = parsed.slice(0, start) + 'x'.repeat(word.length) + parsed.slice(start + word.length);
  }
}

function position(lines: Lines, text: string, at: number) {
  const offset = Math.min(at, text.length);
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1), offset };
}

function findBadAliases(document: Document, text: string): [number, number][] {
  // An alias begins a value; looking at every node takes as long as a tenth of the parsing.
  if (!/(?:^|[\s,[{:])\*/.test(text)) return [];
  const spans: [number, number][] = [];
  visit(document, {
    Alias(_, alias) {
      if (isAlias(alias) && alias.range && alias.resolve(document) === undefined)
        spans.push([alias.range[0], alias.range[1]]);
    },
  });
  return spans;
}

const syntax = { rule: 'config-syntax', severity: 'error' } as const;
const quoteStar = 'a text that begins with * must stand in quotes';
const badAlias = { ...syntax, message: 'This alias has no anchor', hint: quoteStar };
const empty = { ...syntax, message: 'The file is empty' };
const tooManyAliases = { ...syntax, message: 'The aliases in this file multiply without end' };

/** The name may be a secret that came to the wrong place, unless it is written as variables are. */
function bareVariable(written: string) {
  const shown = /^\$\{[A-Z_][A-Z0-9_]*\}$/.test(written) ? written : `\${…}`;
  return {
    ...syntax,
    message: 'A variable needs quotes inside {} or []',
    hint: `put quotes around the value: "${shown}"`,
  };
}

const explanations: { readonly [code: string]: { message: string; hint?: string } } = {
  BAD_ALIAS: { message: 'An alias needs a name', hint: quoteStar },
  BLOCK_AS_IMPLICIT_KEY: { message: 'A second ":" in one line', hint: 'put the value in quotes' },
  BLOCK_IN_FLOW: { message: 'Not valid inside {} or []', hint: 'put a value that has " ? " or ": " in it in quotes' },
  DUPLICATE_KEY: { message: 'This key is here twice' },
  MULTIPLE_DOCS: { message: 'A second document begins here', hint: 'a file has one document only' },
};

type Explained = { readonly rule: string; readonly message: string; readonly hint?: string };
type Located = Explained & { readonly span: readonly [number, number] };

/**
 * A key that is indented too far makes two errors, at the value above it: as if that value went on, and a ":" in it. What is
 * said is where the key stands. `span`: offsets [start, end).
 */
function explainErrors(errors: readonly YAMLError[], text: string): readonly Located[] {
  const goesOn = errors.filter(({ code }) => code === 'MULTILINE_IMPLICIT_KEY').map(({ pos: [start] }) => start);
  const tooFar = errors.filter(({ code, pos: [start] }) => code === 'BLOCK_AS_IMPLICIT_KEY' && goesOn.includes(start));
  return errors.flatMap((error): readonly Located[] => {
    const [start, end] = error.pos;
    if (tooFar.includes(error)) return [];
    if (!tooFar.some(({ pos }) => pos[0] === start)) return [{ ...explain(error), span: error.pos }];
    const line = text.slice(0, end).lastIndexOf('\n') + 1;
    return [{ ...indentedTooFar, span: [line + (/^\s*/.exec(text.slice(line, end))?.[0].length ?? 0), end] }];
  });
}

const indentedTooFar = {
  rule: 'config-syntax',
  message: 'This line is indented too far: it counts as a part of the value above it',
  hint: 'let it begin exactly below the key that it stands beside; a key that has keys below it has no value in its own line',
};

/** The library quotes the source in some messages, and the source may be a secret. */
function explain(error: YAMLError): Explained {
  return {
    rule: 'config-syntax',
    ...(explanations[error.code] ?? { message: error.message.replace(/: (?!between).*$/s, '') }),
  };
}
