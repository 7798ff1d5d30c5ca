import type { OutgoingRequest } from '../../core/model.js';
import type { ContentDeclaration, PairsDeclaration, SignatureDeclaration } from '../../signature/declaration.js';
import { schemesOf } from '../../signature/declared-schemes.js';
import { parseForm } from '../../signature/form.js';
import { parseTemplate } from '../../signature/templates.js';

/** What of a form a declaration says it does not sign, though it signs its fields. */
export interface UnsignedFields {
  /** Without the fields that have the signature. */
  readonly names: ReadonlySet<string>;
  /** A field without a value isn't signed. */
  readonly empty: boolean;
}

/** Undefined where nothing is left out. */
export function unsignedFields(declaration: SignatureDeclaration): UnsignedFields | undefined {
  const schemes = schemesOf(declaration);
  const signatures = schemes.flatMap(({ signature }) => [signature?.from ?? []].flat()).flatMap(formFieldOf);
  const pairs = schemes.flatMap(({ content, contentAny = [] }) => [content ?? [], ...contentAny].flatMap(pairsOf));
  const names = new Set(pairs.flatMap(({ omit = [] }) => omit).filter((name) => !signatures.includes(name)));
  const empty = pairs.some(({ omitEmpty }) => omitEmpty === true);
  return names.size === 0 && !empty ? undefined : { names, empty };
}

/** Whether two bodies differ in nothing but what the declaration says it does not sign. */
export function differUnsignedOnly(unsigned: UnsignedFields, one: OutgoingRequest, other: OutgoingRequest): boolean {
  return signedPart(unsigned, one.body) === signedPart(unsigned, other.body);
}

function signedPart({ names, empty }: UnsignedFields, body: Buffer): string {
  const pairs = parseForm(body).filter(([name, value]) => !names.has(name) && !(empty && value === ''));
  return JSON.stringify(pairs);
}

function pairsOf(content: ContentDeclaration): readonly PairsDeclaration[] {
  const parts = typeof content === 'string' ? [] : content;
  return parts.flatMap((part) =>
    typeof part === 'object' && 'pairs' in part && part.pairs.of === 'form' ? [part.pairs] : [],
  );
}

function formFieldOf(template: string): readonly string[] {
  return parseTemplate(template).parts.flatMap((part) =>
    part.kind === 'value' && part.source === 'form' ? [part.name] : [],
  );
}
