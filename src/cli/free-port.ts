import { createServer } from 'node:net';
import type { Listen } from '../config/settings.js';

/** Ports that are tried after the one that is wanted. */
const tries = 100;

/**
 * The port, or the next one that is free and not in `taken`; 0 stays 0. Rejects with the system's error if nobody can
 * listen there for another reason, or if none is free.
 */
export async function nextFreePort({ host, port }: Listen, taken: ReadonlySet<number> = new Set()): Promise<number> {
  if (port === 0) return 0;
  for (let candidate = port; ; candidate++) {
    if (taken.has(candidate)) continue;
    try {
      await tryToListen(host, candidate);
      return candidate;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || candidate >= Math.min(port + tries, 65_535)) throw error;
    }
  }
}

async function tryToListen(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  await new Promise((resolve) => server.close(resolve));
}
