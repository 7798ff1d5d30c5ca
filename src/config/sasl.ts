import { resolve } from 'node:path';
import type { Fault } from '../core/model.js';
import type { PartialSasl } from './declaration.js';
import { type Materials, readSecret } from './external-inputs.js';
import { type PasswordLogin, Redacted, type TokenClient, type TokenLogin, type TokenOrigin } from './settings.js';

const passwordKeys = ['username', 'password'] as const;
const originKeys = ['tokenFile', 'command', 'clientCredentials'] as const;
const tokenKeys = [...originKeys, 'extensions'] as const;

/** Compiles `kafka.sasl`; absent with faults if something is missing. */
export function compileSasl(
  declared: PartialSasl | undefined,
  materials: Materials,
  faults: Fault[],
): PasswordLogin | TokenLogin | undefined {
  if (declared === undefined) return undefined;
  const { mechanism } = declared;
  if (mechanism === undefined) {
    readSecret(declared.password ?? {}, '/kafka/sasl/password', materials, faults);
    return undefined;
  }
  refuseOthers(declared, mechanism === 'oauthbearer' ? passwordKeys : tokenKeys, mechanism, faults);
  if (mechanism !== 'oauthbearer') return compilePassword(mechanism, declared, materials, faults);
  const token = compileOrigin(declared, materials, faults);
  if (declared.extensions?.auth !== undefined) {
    const message = '"auth" is where the token itself goes: no extension can have this name';
    faults.push({ ...invalid, pointer: '/kafka/sasl/extensions/auth', key: true, message });
  }
  return token && { mechanism, token, extensions: declared.extensions ?? {} };
}

function compilePassword(
  mechanism: PasswordLogin['mechanism'],
  { username, ...declared }: PartialSasl,
  materials: Materials,
  faults: Fault[],
): PasswordLogin | undefined {
  for (const key of passwordKeys) {
    if ({ username, ...declared }[key] === undefined) faults.push(missing(key));
  }
  const password = readSecret(declared.password ?? {}, '/kafka/sasl/password', materials, faults);
  if (password === undefined || username === undefined) return undefined;
  return { mechanism, username, password: new Redacted(password) };
}

function compileOrigin(declared: PartialSasl, materials: Materials, faults: Fault[]): TokenOrigin | undefined {
  const given = originKeys.filter((key) => declared[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1) {
    const message = `oauthbearer takes its token from one of ${originKeys.join(', ')}`;
    const found = given.length === 0 ? 'none is given' : `given are ${given.join(' and ')}`;
    faults.push({ ...invalid, pointer: '/kafka/sasl', message: `${message}; ${found}` });
    return undefined;
  }
  const { tokenFile, command, clientCredentials = {} } = declared;
  if (tokenFile !== undefined) return { file: resolve(materials.base, tokenFile) };
  if (command !== undefined) return { command, dir: materials.base };
  const client = compileClient(clientCredentials, materials, faults);
  return client && { client };
}

function compileClient(
  { tokenUrl, clientId, clientSecret = {}, scope, audience }: NonNullable<PartialSasl['clientCredentials']>,
  materials: Materials,
  faults: Fault[],
): TokenClient | undefined {
  const at = '/kafka/sasl/clientCredentials';
  const secret = readSecret(clientSecret, `${at}/clientSecret`, materials, faults);
  if (tokenUrl !== undefined && !isSafe(tokenUrl)) {
    const message =
      'A token endpoint is asked over https (http only on loopback): the secret of this client goes there';
    faults.push({ ...invalid, pointer: `${at}/tokenUrl`, message });
  }
  if (tokenUrl === undefined || clientId === undefined || secret === undefined) return undefined;
  const wishes = { ...(scope !== undefined && { scope }), ...(audience !== undefined && { audience }) };
  return { tokenUrl, clientId, clientSecret: new Redacted(secret), ...wishes };
}

function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function refuseOthers(
  declared: PartialSasl,
  keys: readonly (keyof PartialSasl)[],
  mechanism: string,
  faults: Fault[],
): void {
  for (const key of keys) {
    if (declared[key] === undefined) continue;
    const pointer = `/kafka/sasl/${key}`;
    faults.push({ ...invalid, pointer, key: true, message: `"${key}" is of no use with ${mechanism}` });
  }
}

const invalid = { rule: 'config-invalid', severity: 'error' } as const;

function missing(key: string): Fault {
  return { rule: 'config-missing-key', severity: 'error', pointer: '/kafka/sasl', message: `Missing key "${key}"` };
}
