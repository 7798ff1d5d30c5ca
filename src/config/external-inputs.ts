import { resolve } from 'node:path';
import type { Fault } from '../core/model.js';
import { isFileName } from '../diagnostics/mask.js';
import { sayUnreadable } from '../util/read-fault.js';
import type { Reference } from './declaration.js';
import type { Defaults } from './defaults.js';
import { optional } from './plugins/optional.js';
import type { Environment } from './substitute.js';

/** What was read from outside of gateway.yaml. */
export interface Materials {
  /** Folder of gateway.yaml, absolute. */
  readonly base: string;
  readonly environment: Environment;
  /** Absolute path → the text, or why it can't be read. */
  readonly files: ReadonlyMap<string, { readonly text: string } | { readonly reason: string }>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What counts where the file says nothing. */
  readonly defaults: Defaults;
}

/** The text of the secret that `reference`, at `pointer`, stands for; absent with a fault if there is none. */
export function readSecret(
  reference: Reference,
  pointer: string,
  materials: Materials,
  faults: Fault[],
): string | undefined {
  const { env, file } = reference;
  if (env !== undefined) {
    const text = materials.environment[env];
    if (text) return text;
    faults.push(envUnset(env, `${pointer}/env`, text === undefined ? 'not set' : 'empty'));
  }
  if (file === undefined) return undefined;
  const text = readFileText(file, `${pointer}/file`, 'secret-file-missing', materials, faults)?.replace(/\r?\n$/, '');
  if (text === '') faults.push({ ...missing('secret-file-missing', `${pointer}/file`), message: 'This file is empty' });
  return text === '' ? undefined : text;
}

/** The text of a file that the configuration names at `pointer`. */
export function readFileText(
  name: string,
  pointer: string,
  rule: string,
  { base, files }: Materials,
  faults: Fault[],
): string | undefined {
  const read = files.get(resolve(base, name));
  if (read !== undefined && 'text' in read) return read.text;
  const reason = read?.reason ?? 'ENOENT';
  const shown =
    isFileName(name) || provesFile.has(reason)
      ? {
          message: sayUnreadable(`file ${name}`, reason),
          ...optional('hint', whereFrom(name, base)),
        }
      : notAName;
  faults.push({ ...missing(rule, pointer), ...shown });
  return undefined;
}

/** Reasons that there are only for a name of something that is there. */
const provesFile = new Set(['EACCES', 'EISDIR', 'ELOOP']);

/** It may be the secret itself, so it isn't printed. */
const notAName = {
  message: 'There is no file of this name',
  hint: '"file" must be the path of a file that has the secret, such as ./stripe.secret',
};

function whereFrom(name: string, base: string): string | undefined {
  return resolve(name) === name ? undefined : `relative paths begin at the folder of this file: ${resolve(base, name)}`;
}

function envUnset(name: string, pointer: string, state: string): Fault {
  return {
    ...missing('secret-env-unset', pointer),
    message: `Environment variable ${name} is ${state}; it must have the secret`,
  };
}

function missing(rule: string, pointer: string) {
  return { rule, severity: 'error' as const, pointer };
}
