import { relative, resolve } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { removeDevState, writeDevState } from '../cli/dev-state.js';
import { aborted, awaitInterruption } from '../cli/interruption.js';
import { Flags } from '../cli/oclif.js';
import { loadSound } from '../cli/settings.js';
import { listOffers } from '../cli/simulation.js';
import type { Settings } from '../config/settings.js';

export default class Dev extends BaseCommand {
  static override summary = 'Run a gateway for development: no Kafka, secrets of its own.';
  static override description =
    'Records go to the embedded log. Secret files that the configuration refers to are made on the first start. It reloads when ' +
    'a file of its configuration changes. While it runs, `simulate`, `tap` and `routes` in this directory use its configuration.';
  static override examples = ['<%= config.bin %> dev'];
  static override flags = {
    config: Flags.string({
      char: 'c',
      helpValue: 'FILE',
      default: 'config/dev.yaml',
      description: 'Configuration file.',
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Dev);
    const file = resolve(flags.config);
    const { makeDevSecrets } = await import('../cli/dev-secrets.js');
    for (const made of await makeDevSecrets(file)) this.log(`Made a development secret: ${relative('', made)}`);
    const config = await loadSound(file, { warn: true });
    const { settings } = config;
    const interrupted = awaitInterruption();
    const [{ serve }, { createLog }, { watchRoom }, { realClock }] = await Promise.all([
      import('../workers/serve.js'),
      import('../telemetry/log.js'),
      import('../publish/disk/room.js'),
      import('../publish/clock.js'),
    ]);
    const log = createLog(settings.log.level, this.jsonEnabled() ? process.stderr : undefined);
    const { url, adminUrl, close } = await serve(config, { log, watch: true, alone: true });
    const state = { pid: process.pid, config: settings.file, url, ...(adminUrl !== undefined && { adminUrl }) };
    writeDevState(state);
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(state)}\n`);
    this.log(await greet(settings, url));
    const { publisher } = settings;
    const stopWatching = publisher.kind === 'embedded' ? watchRoom(publisher.dir, realClock, log.write) : undefined;
    await aborted(interrupted);
    stopWatching?.();
    removeDevState();
    await close();
  }
}

/** Where it listens, and the commands that show it at work. */
async function greet(settings: Settings, url: string): Promise<string> {
  const [endpoint] = settings.endpoints;
  const offers = await listOffers(settings, endpoint?.name);
  const first = endpoint?.routes
    .filter(({ events }) => events !== undefined)
    .map((route) => offers.find(({ type }) => route.matches(type)))
    .find((offer) => offer !== undefined);
  return [
    '',
    `  The gateway listens at ${url}`,
    ...settings.endpoints.map(({ path, provider }) => `    ${path}  ${provider.title}`),
    ...(first ? ['', `  Send a first webhook:  npx webhook-gateway simulate send --type ${first.type}`] : []),
    '  See what arrives:      npx webhook-gateway tap --from-beginning',
    '',
  ].join('\n');
}
