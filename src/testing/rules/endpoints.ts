import type { LoadedConfig } from '../../config/load.js';
import type { SoundPlugin } from '../../config/plugins/load.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { tryRoutes } from './routes.js';
import { atEndpoint, type Ground } from './specimens.js';

/** Tries the rules of the endpoints' own routes on the examples of their plugins. `grounds`: by plugin. */
export async function tryOwnRoutes(
  { endpoints, toDiagnostic }: LoadedConfig['declared'],
  plugins: readonly SoundPlugin[],
  grounds: ReadonlyMap<string, Ground>,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { pointer, name, provider, path, routes } of endpoints) {
    const ground = grounds.get(provider);
    if (ground === undefined || routes.length === 0) continue;
    const account = plugins.find((plugin) => plugin.provider.name === provider)?.provider.event.account;
    const here = atEndpoint(ground, { name, path });
    const faults = await tryRoutes(routes, pointer, here, account);
    found.push(...faults.map(toDiagnostic));
  }
  return found;
}
