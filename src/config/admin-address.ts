import { dirname, resolve } from 'node:path';
import { parseYaml } from '../diagnostics/parse.js';
import { parseHostPort, reachableHost, writeHostPort } from '../util/host-port.js';
import { disk } from '../util/read-text.js';
import { fieldsOf } from '../util/values.js';
import { type Environment, substitute } from './substitute.js';

export interface AdminAddress {
  /** `http://host:port` or `unix:/path`. Absent if the file names none, or cannot be read. */
  readonly url?: string;
  /** Absent if the file names none, or it is not to be had in this environment. */
  readonly token?: string;
}

/** How the admin server of a gateway.yaml is asked from this machine, whatever else is wrong with the file. */
export async function readAdminAddress(file: string, environment: Environment): Promise<AdminAddress> {
  const read = await disk.read(file);
  if (!('text' in read)) return {};
  const { document } = parseYaml(file, read.text);
  if (document === undefined) return {};
  const admin = fieldsOf(fieldsOf(substitute(document.value, environment).value).admin);
  const url = toUrl(admin.listen);
  const token = await readToken(admin.token, dirname(file), environment);
  return { ...(url !== undefined && { url }), ...(token !== undefined && { token }) };
}

function toUrl(listen: unknown): string | undefined {
  if (typeof listen !== 'string') return undefined;
  if (listen.startsWith('unix:/')) return listen;
  if (!/:\d+$/.test(listen)) return undefined;
  const { host, port } = parseHostPort(listen);
  return `http://${writeHostPort({ host: reachableHost(host), port })}`;
}

async function readToken(reference: unknown, base: string, environment: Environment): Promise<string | undefined> {
  const { env, file: name } = fieldsOf(reference);
  if (typeof env === 'string') return environment[env];
  if (typeof name !== 'string') return undefined;
  const read = await disk.read(resolve(base, name));
  return 'text' in read ? read.text.replace(/\r?\n$/, '') : undefined;
}
