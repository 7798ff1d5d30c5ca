import { createServer } from 'node:net';
import type { Listen } from '../../config/settings.js';
import { exitCodes } from '../../exit.js';
import type { GatewayLog, Level } from '../telemetry/log.js';
import { observeProcess } from '../telemetry/observe.js';
import type { createOperator, Serving } from './operator.js';
import { type SoundConfig, toSource } from './reload.js';
import { WorkerPool } from './worker-pool.js';

type Operator = ReturnType<typeof createOperator>;

/** Milliseconds that workers get to end beyond `server.drain`, and whoever asks the admin server at its end for his answer. */
const endLimit = 5_000;
const adminGrace = 500;

/**
 * Runs so many workers, which share the port, and the admin server, of which there is one. A worker that crashes is
 * replaced. `operator`: what the admin server says beside the state and the log's level.
 */
export async function startPrimary(
  first: SoundConfig,
  { workers: size, log, operator }: { readonly workers: number; readonly log: GatewayLog; readonly operator: Operator },
): Promise<Serving> {
  let config = first;
  let listen = first.settings.listen;
  const crew = new WorkerPool(size, {
    log,
    instruct: (slot) => ({ kind: 'run', slot, of: size, listen, source: toSource(config), level: log.level }),
  });
  // A second signal ends the process at once; what is acknowledged is on disk.
  process.on('exit', (code) => {
    if (code === exitCodes.interrupted) crew.kill();
  });

  function setLevel(level: Level): void {
    log.level = level;
    crew.tell({ kind: 'level', level });
  }

  async function reload(next: SoundConfig): Promise<void> {
    config = next;
    log.level = next.settings.log.level;
    await crew.reload({ kind: 'reload', source: toSource(next) });
  }

  async function startAdmin() {
    const { admin, probes } = first.settings;
    if (admin === undefined && probes === undefined) return undefined;
    const { startOperatorServers } = await import('../http/operator-servers.js');
    return startOperatorServers(first.settings, { ...operator, log, setLevel, unready: () => crew.unready() });
  }

  const admin = await startAdmin();
  async function close(): Promise<void> {
    await stop(config.settings.shutdownDelay);
  }

  async function stop(delay: number): Promise<void> {
    await crew.stop(delay, delay + config.settings.drain + endLimit);
    await admin?.close(adminGrace, Number.POSITIVE_INFINITY);
    log.flush();
  }

  try {
    listen = await choosePort(listen);
    const url = await crew.start();
    return {
      url,
      ...(admin?.adminUrl !== undefined && { adminUrl: admin.adminUrl }),
      reload,
      close,
      readings: async () => [...(await crew.readings()), ...observeProcess('primary', Date.now())],
      ask: (question) => crew.ask(question),
      workers: () => ({ ready: crew.countReady(), of: size }),
    };
  } catch (error) {
    crew.kill();
    await stop(0);
    throw error;
  }
}

/** All workers listen on one port, those too that replace the last of the others: port 0 becomes a certain one. */
async function choosePort({ host, port }: Listen): Promise<Listen> {
  if (port !== 0) return { host, port };
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, host, resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return { host, port: typeof address === 'object' && address ? address.port : 0 };
}
