import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import { listSecrets } from '../../config/placeholder-secrets.js';
import type { GatewaySettings } from '../../config/settings.js';
import { privateFile, privateFolder } from '../../util/file-modes.js';
import { disk, type Files } from '../../util/read-text.js';
import { configText } from '../config-text.js';
import { endpointYaml } from '../endpoint-yaml.js';
import { openOwnPlugins } from '../own-plugins.js';

/** What `gateway dev` runs with where there is no file; relative to the directory in which it runs. */
const builtInFile = 'data/dev/gateway.yaml';
const builtInListen = '127.0.0.1:8000';
const builtInAdmin = '127.0.0.1:8001';

/**
 * Writes the configuration for development with these providers: all that it keeps is under ./data, secrets are files
 * beside it. `publicUrl`: what providers have before the paths. Resolves to its absolute path.
 */
export async function writeBuiltIn(
  providers: readonly string[],
  publicUrl = `http://${builtInListen}`,
): Promise<string> {
  const plugins = await openOwnPlugins(providers);
  const endpoints = plugins.map((plugin) =>
    endpointYaml(
      plugin,
      (provider, kind, ofSeveral) => `file: ${ofSeveral ? `${provider}_${kind}` : provider}.secret`,
      (_, name) => `made_up_${name}`,
    ),
  );
  const text = configText({
    about: ['gateway dev writes this file at each start. One of your own: gateway init'],
    listen: builtInListen,
    admin: builtInAdmin,
    data: '..',
    endpoints,
    publicUrl: endpoints.some(({ needsUrl }) => needsUrl) ? publicUrl : undefined,
  });
  const file = resolve(builtInFile);
  mkdirSync(dirname(file), { recursive: true, mode: privateFolder });
  writeFileSync(file, text, { mode: privateFile });
  return file;
}

/** Puts the text into the file of Stripe's secret beside the built-in configuration. */
export function writeStripeSecret(file: string, text: string): void {
  writeFileSync(join(dirname(file), 'stripe.secret'), `${text}\n`, { mode: privateFile });
}

/** What a development gateway has otherwise than its file says. */
export interface Overrides {
  /** Of `server.listen` and `admin.listen`. */
  readonly port?: number;
  readonly adminPort?: number;
  /** The text of the secrets of endpoints of the provider stripe. */
  readonly stripeSecret?: string | undefined;
}

/** Loads the configuration with the overrides. A secret that it has from a variable is put there, for whoever loads it again. */
export async function loadForDevelopment(file: string, overrides: Overrides): Promise<LoadedConfig> {
  const files = await withStripeSecret(file, overrides.stripeSecret);
  const { settings, ...loaded } = await loadConfig(file, process.env, Date.now(), files);
  return { ...loaded, ...(settings !== undefined && { settings: withPorts(settings, overrides) }) };
}

async function withStripeSecret(file: string, text: string | undefined): Promise<Files> {
  if (text === undefined) return disk;
  const paths = new Set<string>();
  for (const { provider, env, file: name } of await listSecrets(file)) {
    if (provider !== 'stripe') continue;
    if (env !== undefined) process.env[env] = text;
    if (name !== undefined) paths.add(resolve(dirname(file), name));
  }
  return { ...disk, read: async (path) => (paths.has(path) ? { text: `${text}\n` } : disk.read(path)) };
}

function withPorts(settings: GatewaySettings, { port, adminPort }: Overrides): GatewaySettings {
  const { admin, listen } = settings;
  return {
    ...settings,
    ...(port !== undefined && { listen: { ...listen, port } }),
    ...(adminPort !== undefined &&
      admin !== undefined &&
      'port' in admin.listen && { admin: { ...admin, listen: { ...admin.listen, port: adminPort } } }),
  };
}
