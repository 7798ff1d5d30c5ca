import { dirname, resolve } from 'node:path';
import { parseYaml } from '../diagnostics/parse.js';
import { disk } from '../util/read-text.js';
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
  const admin = member(substitute(document.value, environment).value, 'admin');
  const url = toUrl(member(admin, 'listen'));
  const token = await readToken(member(admin, 'token'), dirname(file), environment);
  return { ...(url !== undefined && { url }), ...(token !== undefined && { token }) };
}

function toUrl(listen: unknown): string | undefined {
  if (typeof listen !== 'string') return undefined;
  if (listen.startsWith('unix:/')) return listen;
  const [, host = '', port] = /^(.*):(\d+)$/.exec(listen) ?? [];
  if (port === undefined) return undefined;
  // A server on every address is reached on the loopback one.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `http://${reachable}:${port}`;
}

async function readToken(reference: unknown, base: string, environment: Environment): Promise<string | undefined> {
  const [env, name] = [member(reference, 'env'), member(reference, 'file')];
  if (typeof env === 'string') return environment[env];
  if (typeof name !== 'string') return undefined;
  const read = await disk.read(resolve(base, name));
  return 'text' in read ? read.text.replace(/\r?\n$/, '') : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
