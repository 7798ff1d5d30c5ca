import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../exit.js';
import { readDevState } from './dev/state.js';
import { Args, Flags } from './oclif.js';

/** Where a configuration is looked for, in this order. */
const places = ['gateway.yaml', 'config/gateway.yaml'] as const;
const placesInWords = places.map((place) => `./${place}`).join(', else ');

/** `--config`, of the commands that work beside a gateway. Its description is the rule that `whichConfig` follows. */
export const configFlag = Flags.string({
  char: 'c',
  helpValue: 'FILE',
  description:
    'Configuration file. Without it: the one that GATEWAY_CONFIG names, else, while `gateway dev` runs in this directory, ' +
    `the one it runs with, else ${placesInWords}.`,
});

/** `[FILE]`, of the commands that check or run a configuration. */
export const configArgument = Args.string({
  name: 'FILE',
  description: `Configuration file. Without it: the one that GATEWAY_CONFIG names, else ${placesInWords}.`,
});

/** `--config`, of the commands that have `configArgument`, too. */
export const configToRunFlag = Flags.string({
  char: 'c',
  helpValue: 'FILE',
  description: 'The same as FILE.',
});

/** A configuration that a command takes. */
export interface ConfigChoice {
  /** Absolute path. */
  readonly file: string;
  /** Where a development gateway listens, if the configuration is that of one. */
  readonly url?: string;
  readonly adminUrl?: string;
}

/** The file of a command with `configFlag`. Throws a `config` Failure where there is none. */
export function whichConfig(flag: string | undefined): ConfigChoice {
  return findConfig(flag) ?? failNowhere();
}

/** The same, for commands that can do without; `undefined`: there is none. */
export function findConfig(flag: string | undefined): ConfigChoice | undefined {
  const named = chooseNamed(flag);
  if (named !== undefined) return named;
  const dev = readDevState();
  if (dev === undefined) return chooseFound();
  const { config: file, url, adminUrl } = dev;
  announce(`${show(file)}, of the gateway dev that runs here`);
  return take({ file, url, ...(adminUrl !== undefined && { adminUrl }) });
}

/** The file of a command that checks or runs a configuration. Throws a `config` Failure where there is none. */
export function whichConfigToRun(named: string | undefined): string {
  return (chooseNamed(named) ?? chooseFound() ?? failNowhere()).file;
}

/** Who gives a file knows which it is: only what is chosen otherwise is announced. */
function chooseNamed(named: string | undefined): ConfigChoice | undefined {
  if (named) return take({ file: resolve(named) });
  const { GATEWAY_CONFIG: variable } = process.env;
  if (!variable) return undefined;
  const file = resolve(variable);
  announce(`${show(file)}, from GATEWAY_CONFIG`);
  return take({ file });
}

/** Of the command that runs a development gateway: a configuration for development goes before the one for production. */
export function findConfigToDevelop(flag: string | undefined): ConfigChoice | undefined {
  return chooseNamed(flag) ?? chooseFound(['gateway.yaml', 'config/dev.yaml', 'config/gateway.yaml']);
}

function chooseFound(among: readonly string[] = places): ConfigChoice | undefined {
  const place = among.find((each) => existsSync(each));
  if (place === undefined) return undefined;
  announce(place);
  return take({ file: resolve(place) });
}

/** The variables of the `.env` beside a configuration are those of the command, unless its environment has them already. */
function take(choice: ConfigChoice): ConfigChoice {
  const file = join(dirname(choice.file), '.env');
  const isFolder = statSync(choice.file, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && existsSync(file)) process.loadEnvFile(file);
  return choice;
}

function show(file: string): string {
  return relative('', file);
}

function failNowhere(): never {
  throw new Failure(
    'config',
    `No configuration: there is no ./gateway.yaml and no ./config/gateway.yaml here\n  = name one with --config or GATEWAY_CONFIG; "gateway init" writes one; "gateway dev" runs without one`,
  );
}

let say: ((line: string) => void) | undefined;
const said = new Set<string>();

/** From now on `tell` gets what is announced; undefined: nobody does. */
export function announceConfig(tell: ((line: string) => void) | undefined): void {
  say = tell;
}

/** Says, once, which configuration a command takes, where the command line does not name it. */
export function announce(which: string): void {
  const line = `configuration: ${which}`;
  if (say === undefined || said.has(line)) return;
  said.add(line);
  say(line);
}
