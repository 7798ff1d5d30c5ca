import type { Fault } from '../core/model.js';
import type { PartialGateway } from './declaration.js';
import { type Materials, readSecret } from './external-inputs.js';
import { isLoopback, readAdminListen, readListen } from './listen.js';
import { optional } from './plugins/optional.js';
import { type GatewaySettings, Redacted } from './settings.js';

/** As it fits into a header, and too long to be guessed. */
const usableToken = /^[!-~]{16,}$/;

/** Compiles `admin` and `probes` of a gateway.yaml. `isSound`: of the value at a JSON pointer. */
export function compileAdmin(
  { admin = {}, probes = {} }: Pick<PartialGateway, 'admin' | 'probes'>,
  isSound: (pointer: string) => boolean,
  materials: Materials,
  faults: Fault[],
): Pick<GatewaySettings, 'admin' | 'probes'> {
  const listen = admin.listen === undefined ? undefined : readAdminListen(admin.listen, '/admin/listen', faults);
  const text = admin.token === undefined ? undefined : readSecret(admin.token, '/admin/token', materials, faults);
  if (text !== undefined && !usableToken.test(text)) faults.push(unusable(admin.token?.env));
  const host = listen === undefined || 'path' in listen ? undefined : listen.host;
  if (host !== undefined && !isLoopback(host.toLowerCase()) && admin.token === undefined && isSound('/admin/token')) {
    faults.push(tokenMissing(host));
  }
  const token = optional('token', text === undefined ? undefined : new Redacted(text));
  const own = {
    ...(admin.hosts !== undefined && { hosts: admin.hosts }),
    ...token,
    ...(admin.inspector !== undefined && { inspector: admin.inspector }),
  };
  return {
    ...(listen !== undefined && { admin: { listen, ...own } }),
    ...(probes.listen !== undefined && { probes: { listen: readListen(probes.listen, '/probes/listen', faults) } }),
  };
}

function tokenMissing(host: string): Fault {
  return {
    rule: 'admin-token-missing',
    severity: 'error',
    pointer: '/admin/listen',
    message: `Whoever reaches ${host} could reload the gateway and change its log: "token" is missing`,
    hint: 'add token: { env: GATEWAY_ADMIN_TOKEN }, or listen on 127.0.0.1 and give orchestrators "probes"',
  };
}

function unusable(env: string | undefined): Fault {
  return {
    rule: 'secret-invalid',
    severity: 'error',
    pointer: `/admin/token/${env === undefined ? 'file' : 'env'}`,
    message: 'The admin token must have 16 or more characters, only letters, digits and signs of ASCII',
    hint: 'openssl rand -hex 32 makes one',
  };
}
