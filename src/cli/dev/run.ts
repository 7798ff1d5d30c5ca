import type { GatewaySettings } from '../../config/settings.js';
import { createLog } from '../../server/telemetry/log.js';
import { serve } from '../../server/workers/serve.js';
import { watchRoom } from '../../storage/disk/room.js';
import { realClock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import { explainListening } from '../listening.js';
import { listOffers } from '../simulation.js';
import { exampleSender, firstOffer } from './example.js';
import { createForwarder, type Forwarder } from './forward.js';
import { type KeyAction, listenForKeys, openInBrowser } from './keys.js';
import { describeDelivery, describeRefusal } from './lines.js';
import { limitLines, type Watcher, watchWebhooks } from './log.js';
import { type Companion, listenToStripe } from './programs.js';
import { type DevFlags, type DevSetup, endpointOfStripe, setUp } from './setup.js';
import type { DevState } from './state.js';

export interface RunFlags extends DevFlags {
  /** Where accepted webhooks go on to. */
  readonly forward?: string | undefined;
}

export interface RunOptions {
  /** stdout is for programs: nothing is said, the log goes to stderr. */
  readonly json: boolean;
  readonly say: (line: string) => void;
}

export interface RunningDev {
  readonly state: DevState;
  /** Gives what ends it. */
  listenForKeys(quit: () => void): () => void;
  close(): Promise<void>;
}

/** Starts a development gateway and what runs beside it. Throws a Failure. */
export async function runDev(flags: RunFlags, { json, say }: RunOptions): Promise<RunningDev> {
  const setup = await setUp(flags);
  const { tunnel, notes } = setup;
  for (const note of notes) say(note);
  let { settings } = setup.config;
  const load: DevSetup['load'] = async () => {
    const loaded = await setup.load();
    settings = loaded.settings ?? settings;
    return loaded;
  };
  const forwarder =
    flags.forward === undefined ? undefined : createForwarder(flags.forward, (line) => say(`          ${line}`));
  const log = createLog(settings.log.level, json ? process.stderr : undefined);
  const watched =
    json && forwarder === undefined
      ? log
      : watchWebhooks(
          log,
          createWatcher(() => settings, json ? undefined : say, forwarder),
        );
  const listening = { port: flags.port === undefined ? undefined : `--port ${flags.port}` };
  const { url, adminUrl, close } = await serve(setup.config, { log: watched, watch: true, alone: true, load }).catch(
    async (error: unknown) => {
      tunnel?.stop();
      throw await explainListening(error, setup.config, listening);
    },
  );
  const stopWatching =
    settings.publisher.kind === 'embedded' ? watchRoom(settings.publisher.dir, realClock, log.write) : undefined;
  const stripe: Companion | undefined = flags.stripeCli
    ? listenToStripe(url + endpointOfStripe(settings), say)
    : undefined;
  for (const line of await greet(settings, { url, inspector: inspectorUrl(settings, adminUrl) }, setup, flags))
    say(line);
  return {
    state: { pid: process.pid, config: settings.file, url, ...(adminUrl !== undefined && { adminUrl }) },
    listenForKeys(quit) {
      const actions = keyActions({ settings: () => settings, url, adminUrl, say, quit });
      if (process.stdin.isTTY) say(`  Keys:  ${actions.map(({ key, about }) => `${key} ${about}`).join('   ')}\n`);
      return listenForKeys(actions);
    },
    async close() {
      stopWatching?.();
      stripe?.stop();
      tunnel?.stop();
      await forwarder?.close();
      await close();
    },
  };
}

function createWatcher(
  settings: () => GatewaySettings,
  say: ((line: string) => void) | undefined,
  forwarder: Forwarder | undefined,
): Watcher {
  const paint = process.stdout.isTTY && process.stdout.hasColors();
  const print = say === undefined ? () => undefined : limitLines(say);
  return {
    outcome(endpoint, delivery, outcome) {
      print(describeDelivery(endpoint, delivery, outcome, { now: Date.now(), paint }));
      if (outcome.accepted.length > 0) forwarder?.forward(delivery);
    },
    refusal(rejection, { endpoint, method, path }) {
      const paths = settings().endpoints.map((each) => each.path);
      const request = { endpoint: textOf(endpoint), method: textOf(method), path: textOf(path) };
      print(describeRefusal(rejection, request, { now: Date.now(), paint, paths }));
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

interface KeyContext {
  readonly settings: () => GatewaySettings;
  readonly url: string;
  readonly adminUrl: string | undefined;
  say(line: string): void;
  quit(): void;
}

function keyActions({ settings, url, adminUrl, say, quit }: KeyContext): readonly KeyAction[] {
  const send = exampleSender(settings, (each) => listOffers(each, undefined), url);
  const inspector = inspectorUrl(settings(), adminUrl);
  return [
    ...(inspector === undefined
      ? []
      : [
          {
            key: 'o',
            about: 'open the inspector',
            act: () => openInBrowser(inspector, () => say(`  Open ${inspector}`)),
          },
        ]),
    {
      key: 's',
      about: 'send an example',
      act: () => void send().catch((error: unknown) => say(`  No example was sent: ${errorText(error)}`)),
    },
    { key: 'q', about: 'quit', act: quit },
  ];
}

/** Absent: it is turned off, or on a socket. */
function inspectorUrl({ admin }: GatewaySettings, adminUrl: string | undefined): string | undefined {
  return admin?.inspector === false || !adminUrl?.startsWith('http') ? undefined : `${adminUrl}/inspector/`;
}

/** Where it listens, and the commands that show it at work. */
async function greet(
  settings: GatewaySettings,
  { url, inspector }: { readonly url: string; readonly inspector: string | undefined },
  { tunnel }: DevSetup,
  { forward, stripeCli }: RunFlags,
): Promise<readonly string[]> {
  const offer = firstOffer(settings, await listOffers(settings, settings.endpoints[0]?.name));
  const isWhole = tunnel !== undefined && new URL(tunnel.url).pathname !== '/';
  const publicLines = settings.endpoints.slice(0, isWhole ? 1 : undefined).map(({ path, provider }) => {
    return `    ${isWhole ? tunnel?.url : `${tunnel?.url}${path}`}  ${provider.title}`;
  });
  return [
    '',
    `  The gateway listens at ${url}`,
    ...settings.endpoints.map(({ path, provider }) => `    ${path}  ${provider.title}`),
    ...(tunnel === undefined ? [] : ['', '  For the provider:', ...publicLines]),
    ...(tunnel?.note === undefined ? [] : [`    ${tunnel.note}`]),
    ...(stripeCli ? ['', '  stripe listen sends the events of your Stripe account here.'] : []),
    ...(forward === undefined ? [] : ['', `  What is accepted goes on to ${forward}`]),
    ...(offer ? ['', `  Send a first webhook:  npx webhook-gateway simulate send --type ${offer.type}`] : []),
    '  See the records:       npx webhook-gateway tap --from-beginning',
    ...(inspector === undefined ? [] : [`  Look inside:           ${inspector}`]),
    '',
  ];
}
