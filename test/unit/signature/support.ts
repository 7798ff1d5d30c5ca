import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Delivery, OutgoingRequest, Scheme, Secret } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { compileSignature } from '../../../src/signature/compile.js';
import type { SignatureDeclaration } from '../../../src/signature/declaration.js';

/** 2023-11-14T22:13:20.123Z: with a fraction, as clocks have. */
export const now = 1_700_000_000_123;

export const providers = ['stripe', 'github', 'standard_webhooks', 'adyen'] as const;
export type ProviderName = (typeof providers)[number];

/** Secrets of the form that each provider gives out. */
export const secretTexts = {
  stripe: 'whsec_MadeUpForTheTests0123456789',
  github: "It's a Secret to Everybody",
  standard_webhooks: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  adyen: 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00',
} as const satisfies { [name in ProviderName]: string };

/** The scheme that the shipped plugin declares. */
export function schemeOf(name: ProviderName): Scheme {
  const file = new URL(`../../../plugins/${name}/plugin.yaml`, import.meta.url);
  const plugin: { signature: SignatureDeclaration; items?: string } = parse(readFileSync(file, 'utf8'));
  return compiled(plugin.signature, plugin.items);
}

export function compiled(declaration: SignatureDeclaration, items?: string): Scheme {
  const { scheme, faults } = compileSignature(declaration, items === undefined ? {} : { items });
  if (scheme === undefined) {
    throw new Error(JSON.stringify(faults));
  }
  return scheme;
}

export function secretOf(scheme: Scheme, text: string, name = 'current'): Secret {
  return { name, key: scheme.key(text) };
}

export function deliveryOf(
  body: Buffer | string,
  headers: { readonly [name: string]: string | readonly string[] | undefined },
): Delivery {
  const values = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? [value] : value]);
  return {
    id: '00000000-0000-4000-8000-000000000000',
    receivedAt: now,
    method: 'POST',
    target: '/webhooks/in',
    headers: Object.fromEntries(values),
    body: Buffer.from(body),
  };
}

export function requestOf(body: Buffer | string, headers: { readonly [name: string]: string } = {}): OutgoingRequest {
  return { method: 'POST', url: 'http://127.0.0.1/webhooks/in', headers, body: Buffer.from(body) };
}

/** What `verify` throws: the code of a Rejection of stage verify, or whatever else it was. */
export function rejectionOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Rejection && error.stage === 'verify' ? error.code : `not a rejection: ${error}`;
  }
  return 'verified';
}
