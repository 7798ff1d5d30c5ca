import type { SchemeDeclaration, SignatureDeclaration } from './declaration.js';

/** Every scheme of a declaration, in its order. */
export function schemesOf(declaration: SignatureDeclaration): readonly SchemeDeclaration[] {
  if ('any' in declaration) return declaration.any.flatMap(schemesOf);
  return 'all' in declaration ? declaration.all.flatMap(schemesOf) : [declaration];
}
