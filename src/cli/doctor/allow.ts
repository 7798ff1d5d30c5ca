import type { GatewaySettings } from '../../config/settings.js';
import type { Endpoint } from '../../core/model.js';
import { type Finding, ok, unknown, warning } from './finding.js';

const day = 24 * 60 * 60 * 1000;
/** Days after which somebody should look at the provider's page again. */
const old = 180;

/** What `allow` of endpoints rests on. `now`: milliseconds since the epoch. */
export function examineAllow(
  { endpoints, trustedProxies, tls }: Pick<GatewaySettings, 'endpoints' | 'trustedProxies' | 'tls'>,
  now: number,
): readonly Finding[] {
  const bound = endpoints.filter(({ allow }) => allow !== undefined);
  // Whoever ends TLS himself has most likely no proxy in front.
  const isClear = bound.length === 0 || trustedProxies.length > 0 || tls !== undefined;
  return [...bound.map((endpoint) => examineEndpoint(endpoint, now)), ...(isClear ? [] : [unclear])];
}

const unclear = unknown(
  'allow',
  'whether a proxy is in front is not known; without server.trustedProxies its address counts as that of every sender',
  'behind a proxy, list it in server.trustedProxies, or all deliveries of these endpoints get 403',
);

function examineEndpoint({ name, allow = [], provider: { addresses } }: Endpoint, now: number): Finding {
  const id = `allow ${name}`;
  const text = `deliveries may come from ${allow.length} networks`;
  if (addresses === undefined || !addresses.networks.every((each) => allow.includes(each))) return ok(id, text);
  const { where, read } = addresses;
  const age = Math.floor((now - Date.parse(read)) / day);
  const listed = `${text}; the provider's list is of ${read}`;
  return age > old ? warning(id, listed, `compare it with ${where}: what is new there gets 403`) : ok(id, listed);
}
