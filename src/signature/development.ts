import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type AsymmetricPlan, planAlgorithm, planJws } from './algorithms.js';
import type { SchemeDeclaration, SignatureDeclaration } from './declaration.js';

/**
 * A secret for development, of the form that the scheme takes; where the provider signs with a private key, such a key
 * (PEM), so that the simulator can. `kind`: which of the plugin's `secrets`.
 */
export function makeSecretText(declaration: SignatureDeclaration, kind?: string): string {
  const scheme = schemesOf(declaration).find(({ key }) => kind === undefined || key?.secret === kind);
  const plan = scheme === undefined || scheme.key?.format === undefined ? undefined : asymmetricPlan(scheme);
  // Hex digits suit every other scheme, whether it takes the key as text, as hex or as base64.
  return plan === undefined ? randomBytes(32).toString('hex') : privateKey(plan);
}

function schemesOf(declaration: SignatureDeclaration): readonly SchemeDeclaration[] {
  if ('any' in declaration) return declaration.any.flatMap(schemesOf);
  return 'all' in declaration ? declaration.all.flatMap(schemesOf) : [declaration];
}

function asymmetricPlan({ algorithm, jwt }: SchemeDeclaration): AsymmetricPlan | undefined {
  const names = typeof algorithm === 'string' ? [algorithm] : Object.values(algorithm.cases);
  const plans = [...names.map(planAlgorithm), ...(jwt?.algorithms ?? []).map(planJws)];
  return plans.find((plan) => plan.kind === 'asymmetric');
}

function privateKey({ type, curve = 'prime256v1' }: AsymmetricPlan): string {
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString();
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey.export(pem).toString();
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export(pem).toString();
}
