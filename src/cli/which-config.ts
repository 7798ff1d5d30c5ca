import { resolve } from 'node:path';
import { readDevState } from './dev-state.js';
import { Args, Flags } from './oclif.js';

const productionDefault = 'config/gateway.yaml';

/** `--config`, of the commands that work beside a gateway. Its description is the rule that `whichConfig` follows. */
export const configFlag = Flags.string({
  char: 'c',
  helpValue: 'FILE',
  description:
    'Configuration file. Without it: the one that GATEWAY_CONFIG names, else, while `gateway dev` runs in this directory, ' +
    `the one it runs with, else ${productionDefault}.`,
});

/** `[FILE]`, of the commands that check or run a configuration. */
export const configArgument = Args.string({
  name: 'FILE',
  description: `Configuration file. Without it: the one that GATEWAY_CONFIG names, else ${productionDefault}.`,
});

/** The file of a command with `configFlag`; `url` and `adminUrl` where a development gateway says where it listens. */
export function whichConfig(flag: string | undefined): {
  readonly file: string;
  readonly url?: string;
  readonly adminUrl?: string;
} {
  const named = flag ?? process.env.GATEWAY_CONFIG;
  if (named) return { file: resolve(named) };
  const dev = readDevState();
  if (dev === undefined) return { file: resolve(productionDefault) };
  const { config: file, url, adminUrl } = dev;
  return { file, url, ...(adminUrl !== undefined && { adminUrl }) };
}

/** The file of a command with `configArgument`. */
export function whichConfigToRun(argument: string | undefined): string {
  return resolve(argument ?? (process.env.GATEWAY_CONFIG || productionDefault));
}
