import { createHmac, createSecretKey } from 'node:crypto';
import {
  type Bindings,
  type Delivery,
  type Endpoint,
  type Provider,
  type Route,
  type Rule,
  RuleError,
  type Scheme,
} from '../../src/core/model.js';
import { Rejection } from '../../src/core/rejection.js';

export const secretText = 'secret-of-the-tests';
const key = createSecretKey(Buffer.from(secretText));

/** A scheme of three lines: header `x-sig` is the hex HMAC-SHA256 of the body. */
const plainScheme: Scheme = {
  headers: ['x-sig'],
  secretHeaders: [],
  signedHeaders: [],
  binds: 'body',
  needs: { secrets: [], secret: true, params: [], url: false },
  fetchesKeys: false,
  fetchesFrom: () => false,
  provenBy: [],
  remoteKeys: () => [],
  key: (text) => createSecretKey(Buffer.from(text)),
  verify(delivery, secrets) {
    const given = delivery.headers['x-sig']?.[0];
    if (given === undefined) throw new Rejection('signature_missing');
    for (const secret of secrets) {
      if (hmac(delivery.body) === given) return { secret: secret.name };
    }
    throw new Rejection('signature_mismatch');
  },
  sign: (request) => ({ ...request, headers: { ...request.headers, 'x-sig': hmac(request.body) } }),
};

function hmac(body: Buffer): string {
  return createHmac('sha256', key).update(body).digest('hex');
}

type Fields = { readonly [name: string]: unknown };

/** A rule made of a function over a JSON object. */
export function rule(evaluate: (input: Fields, bindings: Bindings) => unknown, source = 'rule'): Rule {
  return { source, headers: [], reads: [], evaluate: (input, bindings) => evaluate(input as Fields, bindings) };
}

export function failing(source = 'bad'): Rule {
  return rule(() => Promise.reject(new RuleError(source, 'T0000', 'it failed')), source);
}

export function route(topic: string, over: Partial<Route> = {}): Route {
  return { matches: () => true, topic, declaredAt: 'plugin.yaml:1', ...over };
}

export function provider(over: Partial<Provider> = {}): Provider {
  return {
    name: 'acme',
    title: 'Acme',
    folder: '/nowhere',
    scheme: plainScheme,
    mediaTypes: ['application/json'],
    schemas: [],
    event: { id: rule((input) => input.id), type: rule((input) => input.type) },
    identity: { by: 'content', placeholders: [] },
    routes: [route('webhooks.acme')],
    eventTypes: new Set(),
    ...over,
  };
}

export function endpoint(over: Partial<Endpoint> = {}): Endpoint {
  const used = over.provider ?? provider();
  return {
    name: 'acme',
    path: '/webhooks/acme',
    provider: used,
    secrets: [{ name: 'current', key }],
    routes: used.routes,
    rejected: 'deadletter',
    headers: used.scheme.headers,
    livemode: 'any',
    ...over,
  };
}

/** A signed delivery of `body`: a value is sent as JSON. */
export function delivery(body: unknown, headers: { [name: string]: string[] } = {}): Delivery {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    method: 'POST',
    target: '/webhooks/acme',
    headers: { 'content-type': ['application/json'], 'x-sig': [hmac(bytes)], ...headers },
    body: bytes,
  };
}
