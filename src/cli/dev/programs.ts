import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../../exit.js';

/** Milliseconds that a tunnel has to say its address, and the Stripe CLI its secret. */
const patience = 30_000;
/** Lines of a program that a failure shows. */
const shownLines = 3;

/** A program that runs beside the development gateway. */
export interface Companion {
  stop(): void;
}

export interface Tunnel extends Companion {
  /** Where providers post to: scheme and host, or, of smee, the whole address of one endpoint. */
  readonly url: string;
  /** What is to be known of it; absent: nothing. */
  readonly note?: string;
}

interface TunnelProgram {
  /** `base`: where the gateway listens; `path`: of its first endpoint. */
  arguments(base: string, path: string): readonly string[];
  /** Its first group is the address, in a line that the program prints. */
  readonly says: RegExp;
  readonly install: string;
  readonly note?: string;
}

/** Of each program its own documentation; the lines are as cloudflared, ngrok 3 and smee-client 5 print them. */
const programs = {
  cloudflared: {
    arguments: (base) => ['tunnel', '--url', base],
    says: /(https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com)/,
    install: 'https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/',
  },
  ngrok: {
    arguments: (base) => ['http', base, '--log', 'stdout', '--log-format', 'logfmt'],
    says: /\burl=(https:\/\/[^\s"]+)/,
    install: 'https://ngrok.com/download',
  },
  smee: {
    arguments: (base, path) => ['--target', base + path],
    says: /Forwarding (https?:\/\/\S+) to /,
    install: 'npm install --global smee-client',
    note: 'smee re-serializes the JSON of a webhook, for one endpoint: a signature over the bytes may not hold. cloudflared and ngrok keep them.',
  },
} as const satisfies { readonly [name: string]: TunnelProgram };

export type TunnelName = keyof typeof programs;

/** Starts a tunnel to the gateway. Throws a Failure if there is no such program, or if it says no address. */
export async function openTunnel(name: TunnelName, base: string, path: string): Promise<Tunnel> {
  const program: TunnelProgram = programs[name];
  const child = start(name, program.arguments(base, path));
  const url = await firstMatch(child, name, program.says, `--tunnel ${name}: install it (${program.install})`);
  return { url, ...(program.note !== undefined && { note: program.note }), stop: () => child.kill() };
}

const stripeInstall = 'https://docs.stripe.com/stripe-cli';

/** The signing secret of `stripe listen`: the same each time for one login. */
export async function readStripeSecret(): Promise<string> {
  const child = start('stripe', ['listen', '--print-secret']);
  return firstMatch(
    child,
    'stripe',
    /^(whsec_\w+)$/,
    `--stripe-cli: install it (${stripeInstall}) and run "stripe login"`,
  );
}

/** Has Stripe's events sent to this address. `tell` gets what goes wrong: events are shown by the gateway. */
export function listenToStripe(address: string, tell: (line: string) => void): Companion {
  const child = start('stripe', ['listen', '--skip-update', '--forward-to', address]);
  child.on('error', () => tell('stripe listen cannot be started'));
  child.on('exit', (code) => tell(`stripe listen has ended${code === null ? '' : ` with ${code}`}`));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (!/ (-->|<--) /.test(line) && line.trim() !== '') tell(`stripe: ${maskSecret(line)}`);
    });
  }
  return {
    stop() {
      child.removeAllListeners('exit');
      child.kill();
    },
  };
}

function start(name: string, args: readonly string[]): ChildProcess {
  return spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first group of the first line that matches. The program is ended where none comes. */
async function firstMatch(child: ChildProcess, name: string, pattern: RegExp, missing: string): Promise<string> {
  const last: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const say = (what: string) => new Failure('unreachable', [`${name} ${what}`, ...last].join('\n  '));
      timer = setTimeout(() => reject(say(`has not said its address within ${patience / 1000} s`)), patience);
      child.on('error', () => reject(new Failure('usage', `There is no program ${name} in the PATH\n  = ${missing}`)));
      // After the streams, whose last lines say why.
      child.on('close', (code) => reject(say(`has ended${code === null ? '' : ` with ${code}`}`)));
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          const [, found] = pattern.exec(line) ?? [];
          last.push(maskSecret(line.trim()));
          if (last.length > shownLines) last.shift();
          if (found === undefined) return;
          resolve(found);
        });
      }
    });
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function maskSecret(line: string): string {
  return line.replace(/whsec_\w+/g, 'whsec_…');
}
