import { setTimeout as delay } from 'node:timers/promises';
import { Cli, embeddedConfig, makeDirectory } from './cli.js';
import { secret } from './stripe.js';

/** What `start --json` says, and the process. */
export interface Started {
  readonly cli: Cli;
  readonly directory: ReturnType<typeof makeDirectory>;
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
}

/** A configuration with the embedded log, an admin server and so many workers. */
export function configOf(workers: number, listen = '127.0.0.1:0'): string {
  const server = `server: { listen: "${listen}", shutdownDelay: 0s, drain: 5s, workers: ${workers} }\nadmin: { listen: "127.0.0.1:0" }`;
  return embeddedConfig().replace(/^server:.*$/m, server);
}

export async function start(config: string, ...flags: string[]): Promise<Started> {
  const directory = makeDirectory({ 'config/gateway.yaml': config, 'data/stripe.secret': secret });
  const cli = new Cli(directory.path, ['start', '--json', ...flags]);
  const [line] = await cli.says(/^\{.*\}$/m);
  return { cli, directory, ...JSON.parse(line) };
}

/** `/ready`, as soon as it is as it should be. */
export async function untilReady(adminUrl: string, isAsWanted: (answer: Ready) => boolean): Promise<Ready> {
  for (;;) {
    const answer: Ready = JSON.parse(await (await fetch(`${adminUrl}/ready`)).text());
    if (isAsWanted(answer)) return answer;
    await delay(20);
  }
}

export interface Ready {
  readonly status: string;
  readonly reason?: string;
  readonly workers?: { readonly ready: number; readonly of: number };
  readonly config: { readonly digest: string; readonly loadedAt: string; readonly lastError?: string };
}

/** Resolves when no process has this id any more. */
export async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await delay(20);
  }
}
