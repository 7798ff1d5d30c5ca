import { relative } from 'node:path';
import type { GatewaySettings } from '../../config/settings.js';
import { Failure } from '../../exit.js';
import type { SoundConfig } from '../../server/workers/reload.js';
import { reachableHost, writeHostPort } from '../../util/host-port.js';
import { nextFreePort } from '../free-port.js';
import { splitProviders } from '../own-plugins.js';
import { failUnsound, present } from '../settings.js';
import { announce, findConfigToDevelop } from '../which-config.js';
import { loadForDevelopment, type Overrides, writeBuiltIn, writeStripeSecret } from './config.js';
import { openTunnel, readStripeSecret, type Tunnel, type TunnelName } from './programs.js';
import { makeDevSecrets } from './secrets.js';

export interface DevFlags {
  readonly config?: string | undefined;
  readonly provider?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly tunnel?: TunnelName | undefined;
  readonly stripeCli: boolean;
}

/** What a development gateway starts with. */
export interface DevSetup {
  readonly config: SoundConfig;
  /** The same, from the files as they are by then. */
  readonly load: () => ReturnType<typeof loadForDevelopment>;
  readonly tunnel?: Tunnel;
  /** What whoever started it should know, a line each. */
  readonly notes: readonly string[];
}

/** Chooses or writes the configuration, makes secrets, finds ports, opens the tunnel. Throws a Failure. */
export async function setUp(flags: DevFlags): Promise<DevSetup> {
  const stripeSecret = flags.stripeCli ? await readStripeSecret() : undefined;
  const providers = splitProviders(flags.provider ?? ['stripe']);
  const found = flags.provider === undefined ? findConfigToDevelop(flags.config)?.file : undefined;
  const file = found ?? (await writeBuiltIn(providers));
  if (found === undefined) announce(`built in, for ${providers.join(', ')} (${relative('', file)})`);
  // The commands beside sign with it, too.
  if (found === undefined && stripeSecret !== undefined) writeStripeSecret(file, stripeSecret);
  const made = await makeDevSecrets(file);
  const first = await loadSoundly(file, { stripeSecret });
  if (flags.stripeCli) endpointOfStripe(first.settings);
  const overrides = { stripeSecret, ...(await choosePorts(first.settings, flags.port)) };
  const base = `http://${writeHostPort({ host: reachableHost(first.settings.listen.host), port: overrides.port })}`;
  const tunnel = flags.tunnel && (await openTunnel(flags.tunnel, base, first.settings.endpoints[0]?.path ?? '/'));
  try {
    if (tunnel !== undefined && !process.env.GATEWAY_PUBLIC_URL) process.env.GATEWAY_PUBLIC_URL = tunnel.url;
    if (found === undefined) await writeBuiltIn(providers, tunnel?.url ?? base);
    const config = await loadSoundly(file, overrides);
    process.stderr.write(await present(config.diagnostics, config.sources, process.stderr));
    const notes = [
      ...made.map((each) => `Made a development secret: ${relative('', each)}`),
      ...portNotes(first.settings, overrides),
    ];
    return { config, load: () => loadForDevelopment(file, overrides), ...(tunnel && { tunnel }), notes };
  } catch (error) {
    tunnel?.stop();
    throw error;
  }
}

/** Where the Stripe CLI sends events. Throws a usage Failure if the configuration has no endpoint of Stripe. */
export function endpointOfStripe({ endpoints, file }: GatewaySettings): string {
  const endpoint = endpoints.find(({ provider }) => provider.name === 'stripe');
  if (endpoint !== undefined) return endpoint.path;
  throw new Failure('usage', `--stripe-cli: ${relative('', file)} has no endpoint of the provider stripe`);
}

async function loadSoundly(file: string, overrides: Overrides): Promise<SoundConfig> {
  const { settings, ...loaded } = await loadForDevelopment(file, overrides);
  return settings === undefined ? failUnsound(file, loaded) : { ...loaded, settings };
}

async function choosePorts(
  { listen, admin }: GatewaySettings,
  wanted: number | undefined,
): Promise<{ readonly port: number; readonly adminPort?: number }> {
  const port = wanted ?? (await nextFreePort(listen));
  if (admin === undefined || !('port' in admin.listen)) return { port };
  return { port, adminPort: await nextFreePort(admin.listen, new Set([port])) };
}

function portNotes({ listen, admin }: GatewaySettings, { port, adminPort }: Overrides): readonly string[] {
  const notes: string[] = [];
  const adminListen = admin !== undefined && 'port' in admin.listen ? admin.listen : undefined;
  const taken = [
    [listen.port, port],
    [adminListen?.port, adminPort],
  ] as const;
  for (const [asked, given] of taken) {
    if (asked !== undefined && given !== undefined && given > asked)
      notes.push(`Port ${asked} is taken: ${given} is the next free one`);
  }
  return notes;
}
