/**
 * Verification of webhooks with the providers that are declared in `plugins/`, for programs that do not run the gateway. Importing
 * it does nothing; keys that a provider publishes are fetched when a delivery names one, from the hosts that its plugin lists.
 */
import { join, resolve } from 'node:path';
import { loadPlugin as load } from './config/plugins/load.js';
import type {
  Delivery,
  EndpointContext,
  KeyDocument,
  KeyRequest,
  KeySource,
  Proof,
  Provider,
  Secret,
} from './core/model.js';
import { gatherKeys } from './core/stages/verify.js';
import { createKeySource } from './server/keys/source.js';
import { packageRoot } from './util/package-root.js';

export type { Proof, Provider } from './core/model.js';
export { Rejection, type RejectionCode } from './core/rejection.js';

/** A request as it came, before anything has parsed it. Express, Koa and Node's own server have these at hand. */
export interface WebhookRequest {
  /** Default `POST`. */
  readonly method?: string;
  /** Path and query as received; default `/`. Few providers sign it. */
  readonly url?: string;
  /** Best `IncomingMessage.headersDistinct`, which tells a repeated header from one with a comma; names in any case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** The raw bytes: a body that was parsed and written again is another one. */
  readonly body: Uint8Array;
}

export interface SecretText {
  /** As the provider shows it: `whsec_…`, a PEM, a key in hex. */
  readonly text: string;
  /** What `Proof.secret` says; default `secret`. */
  readonly name?: string;
  /** Which one it is, where the plugin names several under `secrets`. */
  readonly for?: string;
}

export interface VerifyOptions {
  /** One secret, or all that may sign, as while one is rotated. None where the provider publishes its keys. */
  readonly secrets?: string | readonly SecretText[];
  /** The public URL that the provider posts to, where it is signed. */
  readonly url?: string;
  /** What the plugin asks for under `params`, such as the id of the webhook. */
  readonly params?: { readonly [name: string]: string };
  /** Milliseconds since the epoch; default: now. */
  readonly now?: number;
}

/**
 * The plugin of a provider: by its name where this package has it (`stripe`), else by the path of a folder with a `plugin.yaml`.
 * Rejects with an `Error` that names file, line and what is wrong.
 */
export async function loadPlugin(nameOrFolder: string): Promise<Provider> {
  const isName = /^[a-z0-9_-]+$/.test(nameOrFolder);
  const { provider, diagnostics } = await load(
    isName ? join(packageRoot, 'plugins', nameOrFolder) : resolve(nameOrFolder),
  );
  if (provider !== undefined) return provider;
  const faults = diagnostics.map(({ file, range, message }) => `${file}:${range?.start.line ?? 1}: ${message}`);
  throw new Error(`the plugin "${nameOrFolder}" cannot be used: ${faults.join('; ')}`);
}

/**
 * Proves who sent a request. Rejects with a `Rejection` whose `code` says why not (`signature_mismatch`, `timestamp_stale`, …),
 * or with an `Error` where the options are not what the plugin needs.
 */
export async function verify(
  { scheme, name }: Provider,
  request: WebhookRequest,
  { secrets = [], url, params = {}, now = Date.now() }: VerifyOptions = {},
): Promise<Proof> {
  const lacking = scheme.needs.params.find((param) => !param.optional && params[param.name] === undefined);
  if (lacking !== undefined) throw new Error(`${name} needs params.${lacking.name}: ${lacking.description}`);
  if (scheme.needs.url && url === undefined) throw new Error(`${name} signs the URL that it posts to: give "url"`);
  const delivery = toDelivery(request, now);
  const keys = (typeof secrets === 'string' ? [{ text: secrets }] : secrets).map((secret) => toSecret(scheme, secret));
  const around: EndpointContext = { params, ...(url !== undefined && { url }) };
  if (!scheme.fetchesKeys) return scheme.verify(delivery, keys, now, around);
  const get = (asked: KeyRequest) => fetchKey(asked, name);
  const documents = await gatherKeys(scheme, delivery, { secrets: keys, surroundings: around }, now, get);
  return scheme.verify(delivery, keys, now, { ...around, keys: documents });
}

function toDelivery({ method = 'POST', url = '/', headers, body }: WebhookRequest, now: number): Delivery {
  const lists: { [name: string]: readonly string[] } = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) lists[name.toLowerCase()] = typeof value === 'string' ? [value] : value;
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return { id: '', receivedAt: now, method, target: url, headers: lists, body: bytes };
}

function toSecret({ needs, key }: Provider['scheme'], { text, name = 'secret', for: kind }: SecretText): Secret {
  const kinds = needs.secrets.map((need) => need.name);
  const [only] = kinds;
  const used = kind ?? (kinds.length === 1 ? only : undefined);
  if (kinds.length > 0 && (used === undefined || !kinds.includes(used))) {
    throw new Error(`the secret "${name}" needs "for": one of ${kinds.join(', ')}`);
  }
  return { name, key: key(text, used), ...(used !== undefined && { for: used }) };
}

let source: KeySource | undefined;

function fetchKey(request: KeyRequest, provider: string): Promise<KeyDocument | undefined> {
  source ??= createKeySource();
  return source.get(request, provider);
}
