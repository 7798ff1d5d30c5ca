import { relative } from 'node:path';
import type { GatewaySettings, Listen, SocketPath } from '../config/settings.js';
import { Failure, toFailure } from '../exit.js';
import type { SoundConfig } from '../server/workers/reload.js';

/**
 * An error of a start; where nobody can listen at an address of the configuration, it says which key of which file has it.
 * `given`: what says so instead of `server.listen`, such as `--port 9000`.
 */
export async function explainListening(
  error: unknown,
  { settings, sources }: SoundConfig,
  given: { readonly port?: string | undefined } = {},
): Promise<unknown> {
  const place = placeOf(error);
  if (place === undefined) return error;
  const { reason, message } = toFailure(error);
  const key = keyOf(settings, place);
  if (key === undefined) return error;
  if (key === 'server.listen' && given.port !== undefined)
    return new Failure(reason, `${message}\n  = ${given.port}: give another`);
  const { parseYaml } = await import('../diagnostics/parse.js');
  const { document } = parseYaml(settings.file, sources.get(settings.file) ?? '');
  const line = document?.lineOf(`/${key.replace('.', '/')}`);
  const where = `${relative('', settings.file)}${line === undefined ? '' : `:${line}`}`;
  return new Failure(reason, `${message}\n  = ${key} in ${where}: give another address, or end the other program`);
}

function placeOf(error: unknown): { readonly port: number } | { readonly path: string } | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || (error.syscall !== 'listen' && error.syscall !== 'bind'))
    return undefined;
  const { port, address } = { port: undefined, address: undefined, ...error };
  if (typeof port === 'number' && port > 0) return { port };
  return typeof address === 'string' ? { path: address } : undefined;
}

/** The first key whose address this is: one port may be given twice. */
function keyOf(
  { listen, admin, probes }: GatewaySettings,
  place: { readonly port: number } | { readonly path: string },
): string | undefined {
  const keys: readonly (readonly [string, Listen | SocketPath | undefined])[] = [
    ['server.listen', listen],
    ['admin.listen', admin?.listen],
    ['probes.listen', probes?.listen],
  ];
  const isThere = (each: Listen | SocketPath | undefined) =>
    each !== undefined &&
    ('port' in place ? 'port' in each && each.port === place.port : 'path' in each && each.path === place.path);
  return keys.find(([, each]) => isThere(each))?.[0];
}
