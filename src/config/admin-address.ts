import { parseYaml } from '../diagnostics/parse.js';
import { disk } from '../read-text.js';
import { type Environment, substitute } from './substitute.js';

/**
 * Where the admin server of a gateway.yaml is reached from this machine, whatever else is wrong with the file:
 * `http://host:port`. Absent if the file has none, or can't be read.
 */
export async function readAdminAddress(file: string, environment: Environment): Promise<string | undefined> {
  const read = await disk.read(file);
  if (!('text' in read)) return undefined;
  const { document } = parseYaml(file, read.text);
  if (document === undefined) return undefined;
  const listen = member(member(substitute(document.value, environment).value, 'admin'), 'listen');
  const [, host = '', port] = /^(.*):(\d+)$/.exec(typeof listen === 'string' ? listen : '') ?? [];
  if (port === undefined) return undefined;
  // A server on every address is reached on the loopback one.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `http://${reachable}:${port}`;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
