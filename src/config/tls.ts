import { resolve } from 'node:path';
import type { Fault } from '../core/model.js';
import { findTlsFault, readCertificates, validityOf } from './certificate.js';
import type { GatewayDeclaration } from './declaration.js';
import { type Materials, readFileText, readSecret } from './external-inputs.js';
import { optional } from './plugins/optional.js';
import { Redacted, type TlsSettings } from './settings.js';

type Declared = NonNullable<NonNullable<GatewayDeclaration['server']>['tls']>;

const at = '/server/tls';

/** Compiles `server.tls`; absent where a part of it is missing or cannot be used. */
export function compileServerTls(
  { cert: file, key: reference, clientCa }: Declared,
  materials: Materials,
  faults: Fault[],
): TlsSettings | undefined {
  const readPem = (name: string, part: string) =>
    readFileText(name, `${at}/${part}`, 'config-file-missing', materials, faults);
  const cert = file === undefined ? undefined : readPem(file, 'cert');
  const key = reference === undefined ? undefined : readSecret(reference, `${at}/key`, materials, faults);
  const authorities = clientCa === undefined ? undefined : readPem(clientCa, 'clientCa');
  if (cert !== undefined) lintValidity(cert, materials.now, faults);
  if (file === undefined || cert === undefined || key === undefined) return undefined;
  if (clientCa !== undefined && authorities === undefined) return undefined;
  const fault = findTlsFault({ cert, key, clientCa: authorities });
  if (fault !== undefined) {
    const { part, message, hint } = fault;
    const pointer = part === 'key' ? `${at}/key/${reference?.file === undefined ? 'env' : 'file'}` : `${at}/${part}`;
    faults.push({ rule: 'tls-invalid', severity: 'error', pointer, message, hint });
    return undefined;
  }
  const absolute = (name: string | undefined) => (name === undefined ? undefined : resolve(materials.base, name));
  return {
    cert,
    key: new Redacted(key),
    ...(authorities !== undefined && { clientCa: authorities }),
    files: {
      cert: resolve(materials.base, file),
      ...optional('key', absolute(reference?.file)),
      ...optional('clientCa', absolute(clientCa)),
    },
  };
}

/** It can be renewed while the gateway runs, so it does not keep it from starting. */
function lintValidity(text: string, now: number, faults: Fault[]): void {
  const [own] = tryRead(text);
  if (own === undefined) return;
  const { from, until } = validityOf(own);
  if (from <= now && now < until) return;
  const message =
    now < from
      ? `The certificate is not valid before ${new Date(from).toISOString()}`
      : `The certificate expired on ${new Date(until).toISOString()}`;
  const hint = 'no provider connects: put a valid one there, which is taken without a restart, or see the clock';
  faults.push({ rule: 'tls-certificate-expired', severity: 'warning', pointer: `${at}/cert`, message, hint });
}

function tryRead(text: string): ReturnType<typeof readCertificates> {
  try {
    return readCertificates(text);
  } catch {
    return [];
  }
}
