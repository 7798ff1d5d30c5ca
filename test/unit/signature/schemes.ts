import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { NamedNeed, Scheme } from '../../../src/core/model.js';
import { compileSignature } from '../../../src/signature/compile.js';
import type { SignatureDeclaration } from '../../../src/signature/declaration.js';

export interface SchemeCase {
  readonly signature: SignatureDeclaration;
  readonly items?: string;
  readonly secrets?: { readonly [name: string]: { readonly description: string; readonly optional?: boolean } };
  readonly params?: SchemeCase['secrets'];
}

/** `test/cases/signature/schemes.yaml`: the schemes that the vectors are held against. */
export const schemeCases: { readonly [provider: string]: SchemeCase | undefined } = parse(
  readFileSync(new URL('../../cases/signature/schemes.yaml', import.meta.url), 'utf8'),
  { merge: true },
);

export function needsOf(declared: SchemeCase['secrets']): readonly NamedNeed[] {
  return Object.entries(declared ?? {}).map(([name, { description, optional = false }]) => ({
    name,
    description,
    optional,
  }));
}

const compiled = new Map<string, Scheme>();

/** The compiled scheme of a case. Throws if it has a fault, be it a warning. */
export function schemeOfCase(provider: string): Scheme {
  const known = compiled.get(provider);
  if (known !== undefined) return known;
  const declared = schemeCases[provider];
  if (declared === undefined) throw new Error(`no scheme for ${provider}`);
  const { signature, items, secrets, params } = declared;
  const { scheme, faults } = compileSignature(signature, { items, secrets: needsOf(secrets), params: needsOf(params) });
  if (scheme === undefined || faults.length > 0) throw new Error(`${provider}: ${JSON.stringify(faults)}`);
  compiled.set(provider, scheme);
  return scheme;
}
