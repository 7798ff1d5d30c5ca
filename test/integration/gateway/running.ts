import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../../src/config/load.js';
import type { GatewaySettings } from '../../../src/config/settings.js';
import { formatPretty } from '../../../src/diagnostics/pretty.js';
import { type GatewayOptions, startGateway } from '../../../src/gateway.js';
import { createLog } from '../../../src/server/telemetry/log.js';
import type { Reading } from '../../../src/server/telemetry/metrics.js';
import { makeDirectory } from '../../e2e/cli.js';

export const plugins = fileURLToPath(new URL('../../../plugins', import.meta.url));

/** A gateway in this process, from a gateway.yaml as an operator writes it. */
export interface Running {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly settings: GatewaySettings;
  readonly readings: () => readonly Reading[];
  readonly reload: (settings: GatewaySettings) => void;
  /** What it logged. */
  readonly log: LogText;
  close(): Promise<void>;
}

/** Lines of JSON. */
class LogText {
  #lines: string[] = [];

  readonly write = (line: string): void => void this.#lines.push(line);

  get text(): string {
    return this.#lines.join('');
  }

  /** The lines with this message. */
  find(message: string): { readonly [name: string]: unknown }[] {
    return this.#lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }

  clear(): void {
    this.#lines = [];
  }
}

/** What the file of this name says, with all `files` in a directory of their own; throws if it has a fault. */
export async function load(
  files: { readonly [path: string]: string },
  name: string,
  environment: { readonly [name: string]: string } = {},
  now = Date.now(),
): Promise<{ readonly settings: GatewaySettings; readonly remove: () => void }> {
  const directory = makeDirectory(files);
  const { settings, diagnostics, sources } = await loadConfig(join(directory.path, name), environment, now);
  if (settings === undefined) throw new Error(formatPretty(diagnostics, sources, { base: '/', colours: false }));
  return { settings, remove: directory.remove };
}

/** Starts what `files['gateway.yaml']` describes, in a directory of its own; throws if the configuration has a fault. */
export async function run(
  files: { readonly 'gateway.yaml': string; readonly [path: string]: string },
  environment: { readonly [name: string]: string },
  options: Omit<GatewayOptions, 'log'> = {},
): Promise<Running> {
  const text = files['gateway.yaml'];
  // The same event is sent many times.
  const all = { ...files, 'gateway.yaml': /^dedupe:/m.test(text) ? text : `${text}\ndedupe: { window: 0s }\n` };
  const now = options.now ?? Date.now;
  const { settings, remove } = await load(all, 'gateway.yaml', environment, now());
  const log = new LogText();
  const gateway = await startGateway(settings, { ...options, log: createLog(settings.log.level, log) });
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl,
    settings,
    readings: gateway.readings,
    reload: gateway.reload,
    log,
    async close() {
      await gateway.close();
      remove();
    },
  };
}

/** Shipped text (config/gateway.yaml, a plugin.yaml) with topics that no other suite uses: `webhooks.x` → `PREFIX.x`. */
export function renameTopics(text: string, prefix: string): string {
  return text.replaceAll(/\bwebhooks\./g, `${prefix}.`);
}
