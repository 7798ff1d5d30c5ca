import type { SoundPlugin } from '../../config/plugins/load.js';
import type { Fault } from '../../core/model.js';
import { tryEvent, trySchemas } from './event.js';
import { tryRoutes } from './routes.js';
import type { Ground } from './specimens.js';

/** Tries every rule of a plugin on its examples. What is wrong comes as warnings, under pointers of plugin.yaml. */
export async function tryPlugin(
  { declaration, provider }: Pick<SoundPlugin, 'declaration' | 'provider'>,
  ground: Ground,
): Promise<readonly Fault[]> {
  return [
    ...(await trySchemas(provider.schemas, ground)),
    ...(await tryEvent(declaration.event, ground)),
    ...(await tryRoutes(declaration.routes, '/routes', ground, provider.event.account)),
  ];
}
