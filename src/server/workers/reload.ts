import { relative } from 'node:path';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Snapshot } from '../../util/read-text.js';
import type { GatewayLog } from '../telemetry/log.js';
import type { ConfigSource } from './messages.js';

/** A configuration without an error. */
export type SoundConfig = LoadedConfig & { readonly settings: GatewaySettings };

/** What `/ready` says of the configuration. */
export interface ConfigStatus {
  /** Of gateway.yaml, the plugins and their files, without the secrets. */
  readonly digest: string;
  /** RFC 3339. */
  readonly loadedAt: string;
  /** Why the last reload was refused, if it was. */
  readonly lastError?: string;
}

/** What came of a reload. */
export interface ReloadResult {
  readonly reloaded: boolean;
  /** Digests of what was and of what is in effect. */
  readonly before: string;
  readonly after: string;
  /** Why not. */
  readonly reason?: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The diagnostics, for people. */
  readonly report: string;
}

export interface Reloader {
  status(): ConfigStatus;
  /** Those that are in effect. */
  settings(): GatewaySettings;
  /** The configuration that is in effect, as another process loads it. */
  source(): ConfigSource;
  /** What was read last, be it refused. Secrets are in it. */
  files(): Snapshot;
  /**
   * Loads the file again and has `apply` put it into effect. With a fault, or with a change that needs a restart, it is
   * logged, and what runs goes on as it is. Never rejects.
   */
  reload(apply: (config: SoundConfig) => unknown): Promise<ReloadResult>;
}

/** `applied`: called with each configuration that a reload has put into effect. `loadAgain`: what is loaded instead of the file as it is by then. */
export function createReloader(
  first: SoundConfig,
  log: GatewayLog,
  applied: (config: SoundConfig) => unknown = () => undefined,
  loadAgain: () => Promise<LoadedConfig> = () => loadConfig(first.settings.file, process.env, Date.now()),
): Reloader {
  let current = first.settings;
  let status: ConfigStatus = toStatus(first);
  let source = toSource(first);
  let files = first.snapshot;
  // Of warnings the new ones are told: who has accepted the others has heard of them.
  let known: ReadonlySet<string> = new Set(first.diagnostics.map(identify));
  let running: Promise<unknown> = Promise.resolve();

  async function load(apply: (config: SoundConfig) => unknown): Promise<ReloadResult> {
    const before = status.digest;
    const loaded = await loadAgain();
    const { diagnostics } = loaded;
    files = loaded.snapshot;
    const news = diagnostics.filter((each) => each.severity === 'error' || !known.has(identify(each)));
    for (const diagnostic of news) logDiagnostic(diagnostic, log);
    known = new Set(diagnostics.map(identify));
    const report = await presentPlainly(loaded);
    const reason = isSound(loaded) ? explainFixed(current, loaded.settings) : explainFaults(diagnostics);
    if (!isSound(loaded) || reason !== undefined) {
      status = { ...status, lastError: reason ?? 'the configuration has a fault' };
      log.write('error', 'configuration not reloaded: the old one stays', { reason });
      return { reloaded: false, before, after: before, ...(reason && { reason }), diagnostics, report };
    }
    await apply(loaded);
    current = loaded.settings;
    source = toSource(loaded);
    status = toStatus(loaded);
    applied(loaded);
    log.write('info', 'configuration reloaded', { digest: loaded.digest, endpoints: current.endpoints.length });
    return { reloaded: true, before, after: status.digest, diagnostics, report };
  }

  return {
    status: () => status,
    settings: () => current,
    source: () => source,
    files: () => files,
    reload(apply) {
      const result = running
        .then(() => load(apply))
        .catch((error: unknown): ReloadResult => {
          log.bug(error, { during: 'reload' });
          const { digest } = status;
          return { ...failedByBug, before: digest, after: digest };
        });
      running = result;
      return result;
    },
  };
}

const failedByBug = { reloaded: false, reason: 'a bug: see the log', diagnostics: [], report: '' };

async function presentPlainly({ diagnostics, sources }: LoadedConfig): Promise<string> {
  const { formatPretty } = await import('../../diagnostics/pretty.js');
  return formatPretty(diagnostics, sources, { base: process.cwd(), colours: false });
}

function toStatus({ digest, loadedAt }: SoundConfig): ConfigStatus {
  return { digest, loadedAt: new Date(loadedAt).toISOString() };
}

/** A sound configuration, as a worker or a helper loads it again. */
export function toSource({ settings, loadedAt, snapshot }: SoundConfig): ConfigSource {
  return { file: settings.file, now: loadedAt, snapshot };
}

function isSound(config: LoadedConfig): config is SoundConfig {
  return config.settings !== undefined;
}

function logDiagnostic({ severity, file, range, rule, message, hint }: Diagnostic, log: GatewayLog): void {
  const place = range === undefined ? '' : `:${range.start.line}:${range.start.column}`;
  const fields = { at: `${relative('', file)}${place}`, rule, detail: message, hint };
  if (severity === 'error') log.write('error', 'fault in the configuration', fields);
  else log.write('warn', 'warning about the configuration', fields);
}

/** The same wherever it stands: lines above it come and go. */
function identify({ severity, file, rule, message }: Diagnostic): string {
  return JSON.stringify([severity, file, rule, message]);
}

function explainFaults(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return `the configuration has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}: ${errors[0]?.message}`;
}

/** Names what differs and is bound to sockets, stores and processes; absent if nothing does. */
function explainFixed(from: GatewaySettings, to: GatewaySettings): string | undefined {
  const before = fixed(from);
  const after = fixed(to);
  const changed = Object.keys(before).filter((key) => before[key] !== after[key]);
  if (changed.length === 0) return undefined;
  return `${changed.join(', ')} can't change while the gateway runs: restart it`;
}

function withoutFiles({ redis, ...dedupe }: NonNullable<GatewaySettings['dedupe']>) {
  return { ...dedupe, redis: redis && { ...redis, tls: redis.tls?.rejectUnauthorized } };
}

/** Credentials and certificates are left out: they are renewed in their files, and count from the next start on. */
function fixed({ listen, tls, workers, admin, probes, publisher, dedupe }: GatewaySettings): {
  readonly [key: string]: string | undefined;
} {
  const { kind, ...store } = publisher;
  const { spool, ...shown } =
    'spool' in store ? { ...store, tls: store.tls?.rejectUnauthorized } : { ...store, spool: undefined };
  const values = {
    'server.listen': listen,
    'server.workers': workers,
    admin,
    probes,
    // Whether clients must show a certificate is a property of the listener.
    'server.tls': tls && { clientCa: tls.clientCa !== undefined },
    [kind]: shown,
    spool,
    dedupe: dedupe && withoutFiles(dedupe),
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
}
