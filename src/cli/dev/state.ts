import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { privateFile, privateFolder } from '../../util/file-modes.js';
import { isAlive } from '../../util/process-identity.js';

/** What `gateway dev` leaves while it runs, for the commands beside it. */
export interface DevState {
  readonly pid: number;
  /** Absolute path of its configuration. */
  readonly config: string;
  readonly url: string;
  readonly adminUrl?: string;
}

/** With the directory that it runs in: a copy of the directory has no gateway of its own. */
type Written = DevState & { readonly directory: string };

/** Relative to the directory in which the command runs. */
const stateFile = 'data/dev/gateway.json';

export function writeDevState(state: DevState): void {
  const file = resolve(stateFile);
  const written: Written = { ...state, directory: process.cwd() };
  mkdirSync(dirname(file), { recursive: true, mode: privateFolder });
  writeFileSync(file, `${JSON.stringify(written)}\n`, { mode: privateFile });
}

export function removeDevState(): void {
  rmSync(resolve(stateFile), { force: true });
}

/** The development gateway that runs in this directory; `undefined` if none does. */
export function readDevState(): DevState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(resolve(stateFile), 'utf8'));
    if (!isWritten(state) || state.directory !== process.cwd() || !isAlive(state.pid)) return undefined;
    const { directory: _, ...own } = state;
    return own;
  } catch {
    return undefined;
  }
}

function isWritten(value: unknown): value is Written {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, config, url, directory }: Partial<Record<keyof Written, unknown>> = value;
  const texts = [config, url, directory];
  return typeof pid === 'number' && texts.every((text) => typeof text === 'string');
}
