import cluster from 'node:cluster';
import { loadConfig } from '../../config/load.js';
import type { GatewaySettings } from '../../config/settings.js';
import { toFailure } from '../../exit.js';
import { type Gateway, startGateway } from '../../gateway.js';
import { testify } from '../../inspector/questions.js';
import { Recorder } from '../../inspector/recorder.js';
import type { Peers, ToPeer } from '../../storage/spool/peers.js';
import { replayFiles } from '../../util/read-text.js';
import type { Unready } from '../http/admin.js';
import { createLog, type GatewayLog } from '../telemetry/log.js';
import { gather } from './gather.js';
import { type ConfigSource, heartbeat, type ToPrimary, type ToWorker } from './messages.js';

/** Milliseconds between two looks whether it is ready. */
const readyInterval = 200;

/** A worker's life: it does what the primary says, and ends in good order when the primary is gone. */
export function runWorker(stream: { write(line: string): unknown } | undefined): Promise<never> {
  // A terminal sends signals to all processes; the primary passes on what they mean.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const worker = new Worker(stream);
  process.on('message', (message: ToWorker) => worker.hear(message));
  cluster.worker?.on('disconnect', () => {
    // Else Node ends a worker without a primary on the spot.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    worker.stopAlone();
  });
  tell({ kind: 'waiting' });
  setInterval(() => tell({ kind: 'alive' }), heartbeat).unref();
  return new Promise<never>(() => undefined);
}

class Worker {
  readonly #stream: { write(line: string): unknown } | undefined;
  #log: GatewayLog | undefined;
  #gateway: Gateway | undefined;
  /** Absent: nobody could ask. */
  #recorder: Recorder | undefined;
  #unready: Unready | undefined = 'no_worker';
  #stopping = false;
  #isAlone = false;
  #hearPeers: (message: ToPeer) => void = () => undefined;
  #losePeers: () => void = () => undefined;
  #onQuiet: () => void = () => undefined;
  /** One thing after another, in the order of the messages. */
  #work: Promise<void> = Promise.resolve();

  constructor(stream: { write(line: string): unknown } | undefined) {
    this.#stream = stream;
  }

  hear(message: ToWorker): void {
    if (message.kind === 'stop') this.stop(message.delay);
    else if (message.kind === 'quiet') this.#onQuiet();
    else if (message.kind === 'peers') {
      for (const each of message.messages) this.#hearPeers(each);
    } else if (message.kind === 'measure') tell({ kind: 'measured', readings: this.#gateway?.readings() ?? [] });
    else if (message.kind === 'ask') this.#answer(message);
    else this.#work = this.#work.then(() => this.#obey(message)).catch(fail);
  }

  stop(delay = 0): void {
    if (this.#stopping) return;
    this.#stopping = true;
    // Before it listens it has taken nothing that could be lost.
    if (this.#gateway === undefined) process.exit(0);
    void this.#gateway.close(delay).then(() => process.exit(0), fail);
  }

  /** The primary is gone. */
  stopAlone(): void {
    this.#losePeers();
    this.#onQuiet();
    this.#isAlone = true;
    this.stop();
  }

  #answer({ id, question }: Extract<ToWorker, { kind: 'ask' }>): void {
    const [recorder, gateway] = [this.#recorder, this.#gateway];
    const answer = recorder && gateway && testify({ recorder, lookUp: gateway.lookUp }, question);
    tell({ kind: 'answer', id, answer });
  }

  async #obey(message: Exclude<ToWorker, { kind: 'stop' | 'measure' | 'peers' | 'quiet' | 'ask' }>): Promise<void> {
    if (message.kind === 'level') {
      if (this.#log) this.#log.level = message.level;
    } else if (message.kind === 'reload') {
      this.#gateway?.reload(await load(message.source));
      tell({ kind: 'reloaded' });
    } else {
      await this.#run(message);
    }
  }

  async #run({ slot, of, listen, source, level }: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
    const { admin, probes: _, ...settings } = await load(source);
    const log = createLog(level, this.#stream, { worker: slot });
    this.#log = log;
    const peers: Peers = {
      slot,
      of,
      tell: gather((messages) => tell({ kind: 'peers', messages })),
      listen: (hear, onGone) => {
        this.#hearPeers = hear;
        this.#losePeers = onGone;
      },
    };
    const untilQuiet = async () => {
      if (this.#isAlone) return;
      await new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
        tell({ kind: 'quiet' });
      });
    };
    const recorder = admin && new Recorder({ worker: slot });
    this.#recorder = recorder;
    const observe = recorder?.note.bind(recorder);
    const gateway = await startGateway(
      { ...settings, listen },
      { log, worker: { slot, of, peers, untilQuiet }, observe },
    );
    this.#gateway = gateway;
    tell({ kind: 'listening', url: gateway.url });
    this.#tellReady();
    setInterval(() => this.#tellReady(), readyInterval).unref();
  }

  #tellReady(): void {
    const unready = this.#gateway === undefined ? 'no_worker' : this.#gateway.unready();
    if (unready === this.#unready) return;
    this.#unready = unready;
    tell({ kind: 'ready', unready });
  }
}

async function load({ file, now, snapshot }: ConfigSource): Promise<GatewaySettings> {
  const { settings } = await loadConfig(file, process.env, now, replayFiles(snapshot));
  if (settings === undefined) throw new Error('the worker rejected a configuration that the primary accepted');
  return settings;
}

function tell(message: ToPrimary, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, undefined, undefined, then);
  else then();
}

function fail(error: unknown): void {
  const { reason, message } = toFailure(error);
  tell({ kind: 'failed', reason, message }, () => process.exit(1));
}
