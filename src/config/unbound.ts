import type { Fault, Provider, Route } from '../core/model.js';
import type { PartialEndpoint } from './declaration.js';
import { unsignedHeaders } from './plugins/unsigned-headers.js';

/**
 * What anyone who sees a delivery can change and send again. Where that is the body, the endpoint must accept it: an error.
 * What it accepts is left out.
 */
export function lintBinding(
  { accept = [] }: PartialEndpoint,
  provider: Provider,
  routes: readonly Route[],
  at: string,
): readonly Fault[] {
  const gaps = [bodyUnbound(provider), eventUnbound(provider, routes)];
  return gaps.flatMap((gap) => {
    if (gap === undefined || accept.some((rule) => rule === gap.rule)) return [];
    const hint = `${gap.hint}; if you accept that: accept: [${gap.rule}]`;
    return [{ ...gap, pointer: `${at}/provider`, hint }];
  });
}

type Gap = Required<Pick<Fault, 'rule' | 'severity' | 'message' | 'hint'>>;

function bodyUnbound({ name, scheme: { binds } }: Provider): Gap | undefined {
  if (binds === 'body') return undefined;
  const what = binds === 'fields' ? 'only some fields of the body' : 'nothing of the body';
  return {
    rule: 'signature-body-unbound',
    severity: 'error',
    message: `The signature of ${name} covers ${what}`,
    hint: `anyone who sees a delivery can change the rest and send it again, see gateway plugins show ${name}`,
  };
}

/** Where nothing of the body is bound, headers are no worse. */
function eventUnbound(provider: Provider, routes: readonly Route[]): Gap | undefined {
  const headers = provider.scheme.binds === 'nothing' ? [] : unsignedHeaders(provider, routes);
  if (headers.length === 0) return undefined;
  return {
    rule: 'event-unbound',
    severity: 'warning',
    message: `Headers that are not signed decide the id, type or route of an event: ${headers.join(', ')}`,
    hint: 'anyone who sees a delivery can send it again as another event',
  };
}
