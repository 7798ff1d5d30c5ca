import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { privateFile, privateFolder } from '../file-modes.js';

/** What `gateway dev` leaves while it runs, for the commands beside it. */
export interface DevState {
  readonly pid: number;
  /** Absolute path of its configuration. */
  readonly config: string;
  readonly url: string;
  readonly adminUrl?: string;
}

/** Relative to the directory in which the command runs. */
const stateFile = 'data/dev/gateway.json';

export function writeDevState(state: DevState): void {
  const file = resolve(stateFile);
  mkdirSync(dirname(file), { recursive: true, mode: privateFolder });
  writeFileSync(file, `${JSON.stringify(state)}\n`, { mode: privateFile });
}

export function removeDevState(): void {
  rmSync(resolve(stateFile), { force: true });
}

/** The development gateway that runs in this directory; `undefined` if none does. */
export function readDevState(): DevState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(resolve(stateFile), 'utf8'));
    return isDevState(state) && isAlive(state.pid) ? state : undefined;
  } catch {
    return undefined;
  }
}

function isDevState(value: unknown): value is DevState {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, config, url }: Partial<Record<keyof DevState, unknown>> = value;
  return typeof pid === 'number' && typeof config === 'string' && typeof url === 'string';
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
