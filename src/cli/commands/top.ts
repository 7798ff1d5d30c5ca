import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../exit.js';
import type { Status } from '../../server/telemetry/status.js';
import { printableLines } from '../../util/printable.js';
import { askActivity } from '../activity.js';
import { adminFlags, askAdmin } from '../admin-client.js';
import { BaseCommand } from '../base-command.js';
import { awaitInterruption } from '../interruption.js';
import { loadWithMadeUp } from '../load-without-secrets.js';
import { Flags } from '../oclif.js';
import { openScreen } from '../screen.js';
import { hasColours, paintOutcomes, terminalWidth } from '../terminal.js';
import { describeTop, type TopSnapshot } from '../top.js';
import { whichConfig } from '../which-config.js';

/** Milliseconds. */
const refresh = 1_000;

export default class Top extends BaseCommand {
  static override summary = 'Watch the running gateway: rates, outcomes, latency, lag and spool of each endpoint.';
  static override description =
    'Refreshed each second; q ends it. NOW/S: deliveries a second since the last refresh; P50 and P99: of the last five minutes, from the ' +
    'head of a request to its answer; LAST MINUTES: outcomes of the last five. With --once, or into a pipe, one look at it.';
  static override examples = ['<%= config.bin %> top', '<%= config.bin %> top --once', '<%= config.bin %> top --json'];
  static override flags = {
    ...adminFlags,
    once: Flags.boolean({ description: 'One look, after a second that is measured.' }),
  };

  override async run(): Promise<Omit<TopSnapshot, 'topics'>> {
    const { flags } = await this.parse(Top);
    const topics = await readTopics(flags.config).catch(() => undefined);
    const ask = async () => ({ ...(await look(flags)), topics });
    if (flags.once || this.jsonEnabled() || !process.stdout.isTTY) return this.#once(ask);
    return this.#live(ask);
  }

  async #once(ask: () => Promise<TopSnapshot>): Promise<Omit<TopSnapshot, 'topics'>> {
    const before = await ask();
    await delay(refresh);
    const now = await ask();
    this.show(describeTop(now, before, terminalWidth()));
    const { topics: _, ...shown } = now;
    return shown;
  }

  async #live(ask: () => Promise<TopSnapshot>): Promise<TopSnapshot> {
    const interrupted = awaitInterruption();
    let before: TopSnapshot | undefined;
    // Whoever has no gateway is told so before the screen is taken.
    let now = await ask();
    let trouble = '';
    const screen = openScreen();
    const signal = AbortSignal.any([screen.quit, interrupted]);
    const redraw = () => {
      const text = printableLines(`${describeTop(now, before, terminalWidth())}\n${trouble}\nq quits`);
      screen.draw(hasColours() ? paintOutcomes(text) : text);
    };
    screen.onResize(redraw);
    try {
      while (!signal.aborted) {
        redraw();
        await delay(refresh, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        try {
          const next = await ask();
          [before, now, trouble] = [now, next, ''];
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          trouble = `\n${error.message}; what stands above is ${Math.round((Date.now() - now.at) / 1000)} s old`;
        }
      }
    } finally {
      screen.close();
    }
    return now;
  }
}

async function look(flags: {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
}): Promise<TopSnapshot> {
  const [status, activity] = await Promise.all([askAdmin(flags, 'GET', '/status'), askActivity(flags)]);
  if (!isStatus(status)) throw new Failure('unreachable', 'That is not the admin server of a gateway');
  return { at: Date.now(), status, activity };
}

async function readTopics(config: string | undefined): Promise<TopSnapshot['topics']> {
  const { settings } = await loadWithMadeUp(whichConfig(config).file, 'missing');
  return (
    settings && new Map(settings.endpoints.map(({ name, routes }) => [name, new Set(routes.map(({ topic }) => topic))]))
  );
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'endpoints' in value && 'lanes' in value;
}
