import type { Fault, Provider, Route } from '../model.js';
import { unsignedHeaders } from '../plugins/unsigned-headers.js';
import type { PartialEndpoint } from './declaration.js';

/** What whoever sees a delivery can change and send again, as warnings; those that the endpoint accepts are left out. */
export function lintBinding(
  { accept = [] }: PartialEndpoint,
  provider: Provider,
  routes: readonly Route[],
  at: string,
): readonly Fault[] {
  const warnings = [bodyUnbound(provider), eventUnbound(provider, routes)];
  return warnings.flatMap((warning) => {
    if (warning === undefined || accept.some((rule) => rule === warning.rule)) return [];
    const hint = `${warning.hint}; if you accept that: accept: [${warning.rule}]`;
    return [{ ...warning, severity: 'warning', pointer: `${at}/provider`, hint }];
  });
}

interface Warning {
  readonly rule: string;
  readonly message: string;
  readonly hint: string;
}

function bodyUnbound({ name, scheme: { binds } }: Provider): Warning | undefined {
  if (binds === 'body') return undefined;
  const what = binds === 'fields' ? 'only some fields of the body' : 'nothing of the body';
  return {
    rule: 'signature-body-unbound',
    message: `The signature of ${name} covers ${what}`,
    hint: `whoever sees a delivery can change the rest and send it again, see gateway plugins show ${name}`,
  };
}

/** Where nothing of the body is bound, headers are no worse. */
function eventUnbound(provider: Provider, routes: readonly Route[]): Warning | undefined {
  const headers = provider.scheme.binds === 'nothing' ? [] : unsignedHeaders(provider, routes);
  if (headers.length === 0) return undefined;
  return {
    rule: 'event-unbound',
    message: `Headers that are not signed decide the id, type or route of an event: ${headers.join(', ')}`,
    hint: 'whoever sees a delivery can send it again as another event',
  };
}
