import type { Delivery, Endpoint, HeaderValues, KeyDocument, Proof } from '../../core/model.js';
import { Rejection, type RejectionCode } from '../../core/rejection.js';
import { verify } from '../../core/stages/verify.js';
import { closest } from '../../diagnostics/closest.js';
import { bodyVariants, keyVariants, urlVariants } from './variants.js';

/** Why a delivery is not proven, as likely as can be said. For the operator, never for the caller; no part of a secret. */
export interface Cause {
  /** `certain`: the signature fits once this is put right. */
  readonly sure: 'certain' | 'possible';
  readonly cause: string;
  readonly advice?: string;
}

/** What is known beside the delivery. */
export interface VerifyContext {
  readonly endpoint: Endpoint;
  /** All endpoints of the configuration. */
  readonly all: readonly Endpoint[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Documents that the scheme asked for. */
  readonly keys: ReadonlyMap<string, KeyDocument>;
}

/** Verifies as the endpoint would: what is proven, or why nothing is. */
export function attempt(endpoint: Endpoint, delivery: Delivery, { now, keys }: VerifyContext): Proof | Rejection {
  try {
    return verify(endpoint, delivery, now, keys).proof;
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}

/** These come after the signature was found good. */
const late: ReadonlySet<RejectionCode> = new Set(['timestamp_stale', 'timestamp_future', 'secret_inactive']);

function fits(endpoint: Endpoint, delivery: Delivery, scene: VerifyContext): boolean {
  const outcome = attempt(endpoint, delivery, scene);
  return !(outcome instanceof Rejection) || late.has(outcome.code);
}

/** Headers that the scheme reads: missing (with a mismatch they belong to another way of signing), renamed, or several times. */
function wrongHeaders(delivery: Delivery, scene: VerifyContext, rejection: Rejection): readonly Cause[] {
  const { endpoint } = scene;
  return endpoint.provider.scheme.headers.flatMap((name): readonly Cause[] => {
    const values = delivery.headers[name] ?? [];
    const fitsWith = (given: readonly string[]) => fits(endpoint, withHeader(delivery, name, given), scene);
    if (values.length > 1) {
      const good = values.findIndex((value) => fitsWith([value]));
      const which = good === -1 ? 'it may be given once' : `the signature fits number ${good + 1} of them`;
      const cause = `Header ${name} is given ${values.length} times: ${which}`;
      return [{ sure: good === -1 ? 'possible' : 'certain', cause, advice: 'something in between adds another one' }];
    }
    if (values.length === 1) return [];
    const other = alikeOf(name, delivery.headers);
    if (other === undefined) {
      if (rejection.code === 'signature_mismatch') return [];
      const advice = 'does a proxy in front drop it? does the provider send it for this kind of webhook?';
      return [{ sure: 'possible', cause: `Header ${name} is missing`, advice }];
    }
    const good = fitsWith(delivery.headers[other] ?? []);
    if (!good && rejection.code === 'signature_mismatch') return [];
    const cause = `Header ${name} is missing; ${other} is there${good ? ', and with its value the signature fits' : ''}`;
    return [{ sure: good ? 'certain' : 'possible', cause, advice: 'a proxy renames it' }];
  });
}

function withHeader(delivery: Delivery, name: string, values: readonly string[]): Delivery {
  return { ...delivery, headers: { ...delivery.headers, [name]: values } };
}

/** A header of nearly the same name: `http_stripe_signature`, `x-original-stripe-signature`. */
function alikeOf(name: string, headers: HeaderValues): string | undefined {
  const bare = (text: string) => text.replace(/^(http[-_]|x[-_](original|forwarded)[-_])/, '').replace(/[-_]/g, '');
  const names = Object.keys(headers);
  return names.find((each) => bare(each).replace(/^x/, '') === bare(name).replace(/^x/, '')) ?? closest(name, names);
}

/** The same provider's other endpoints first: test and live, most often. */
function otherEndpoints(delivery: Delivery, scene: VerifyContext): readonly Cause[] {
  const { endpoint, all } = scene;
  const same = (other: Endpoint) => other.provider.name === endpoint.provider.name;
  const found = all.filter((other) => other !== endpoint && fits(other, delivery, scene));
  const first = found.find(same) ?? found[0];
  if (first === undefined) return [];
  const { name, path, provider } = first;
  return [
    same(first)
      ? {
          sure: 'certain',
          cause: `A secret of endpoint "${name}" fits`,
          advice: `test and live are mixed up, or the provider posts to the wrong path: ${path} is that endpoint's`,
        }
      : { sure: 'certain', cause: `It is a delivery of ${provider.title}, for endpoint "${name}" at ${path}` },
  ];
}

function otherKeys(delivery: Delivery, scene: VerifyContext): readonly Cause[] {
  const { endpoint } = scene;
  const found = endpoint.secrets.flatMap((secret) =>
    keyVariants(secret.key)
      .filter(({ value }) => fits({ ...endpoint, secrets: [{ ...secret, key: value }] }, delivery, scene))
      .map(({ how }) => ({ name: secret.name, how })),
  );
  return found.slice(0, 1).map(({ name, how }) => ({
    sure: 'certain',
    cause: `The secret "${name}" fits if it is taken ${how}`,
    advice:
      'give the secret as the provider shows it; something has decoded, encoded or cut it, or the plugin says otherwise',
  }));
}

function otherBodies(delivery: Delivery, scene: VerifyContext): readonly Cause[] {
  const found = bodyVariants(delivery.body).find(({ value }) =>
    fits(scene.endpoint, { ...delivery, body: value }, scene),
  );
  if (found === undefined) return [];
  return [
    {
      sure: 'certain',
      cause: `The signature fits the body ${found.how}: it was changed after it was signed`,
      advice:
        'the bytes must arrive as they were sent: look for what parses and re-serializes them, or for how they were captured',
    },
  ];
}

function otherUrls(delivery: Delivery, scene: VerifyContext): readonly Cause[] {
  const { endpoint } = scene;
  const { surroundings } = endpoint;
  if (!endpoint.provider.scheme.needs.url || surroundings?.url === undefined) return [];
  const found = urlVariants(surroundings.url, delivery.headers.host?.[0]).find((url) =>
    fits({ ...endpoint, surroundings: { ...surroundings, url } }, delivery, scene),
  );
  if (found === undefined) return [];
  return [
    {
      sure: 'certain',
      cause: `The signature fits the URL ${found}, and the endpoint says ${surroundings.url}`,
      advice: 'set "url" of the endpoint, or server.publicUrl, to what is configured at the provider',
    },
  ];
}

/** What may be wrong with a delivery whose signature doesn't fit, each with the causes that it finds. */
export const findCauses = [wrongHeaders, otherEndpoints, otherKeys, otherBodies, otherUrls] as const;
