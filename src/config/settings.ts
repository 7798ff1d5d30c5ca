import type { Endpoint, Network } from '../core/model.js';

/** A text that must not be printed: it shows as `[redacted]` wherever it ends up. */
export class Redacted {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** What the public server shows its clients. Texts are PEM. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: Redacted;
  /** Present: clients need a certificate of one of these authorities. */
  readonly clientCa?: string;
  /** Absolute paths. Absent: the text is not of a file. */
  readonly files: { readonly cert: string; readonly key?: string; readonly clientCa?: string };
}

/** A Unix socket. */
export interface SocketPath {
  /** Absolute. */
  readonly path: string;
}

export interface PasswordLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: Redacted;
}

/** SASL OAUTHBEARER. */
export interface TokenLogin {
  readonly mechanism: 'oauthbearer';
  readonly token: TokenOrigin;
  /** SASL extensions, by name. */
  readonly extensions: { readonly [name: string]: string };
}

/** Where tokens come from: a file (absolute path), a command that prints one, run in `dir`, or an identity provider. */
export type TokenOrigin =
  | { readonly file: string }
  | { readonly command: readonly string[]; readonly dir: string }
  | { readonly client: TokenClient };

export interface TokenClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Redacted;
  readonly scope?: string;
  readonly audience?: string;
}

export interface KafkaSettings {
  readonly kind: 'kafka';
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The library that publishes. */
  readonly idempotent: boolean;
  /** Present: TLS. PEM texts. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: Redacted;
    readonly rejectUnauthorized: boolean;
  };
  readonly sasl?: PasswordLogin | TokenLogin;
  /** Absent: batches are not compressed. */
  readonly compression?: 'gzip' | 'zstd';
  /** Topic, its prefix included → GUID of the schema that its values have in a registry. */
  readonly schemaIds?: { readonly [topic: string]: string };
  readonly topics: {
    /** `missing`: topics that the configuration names and Kafka lacks are created at start; `never`: their absence is an error. */
    readonly create: 'missing' | 'never';
    readonly partitions: number;
    readonly replicationFactor: number;
  };
  /** Where records wait while Kafka can't take them. */
  readonly spool: { /** Absolute path. */ readonly dir: string; readonly maxBytes: number };
}

export interface EmbeddedSettings {
  readonly kind: 'embedded';
  /** Absolute path. */
  readonly dir: string;
  /** What is older than so many milliseconds may go, and the oldest of what is more than so many bytes. Absent: all stays. */
  readonly retention?: { readonly time: number; readonly bytes: number };
}

export interface DedupeSettings {
  /** Milliseconds. */
  readonly window: number;
  /** Absolute path. */
  readonly dir: string;
  /** Present: what replicas share. */
  readonly redis?: RedisSettings;
}

/** Redis or Valkey. */
export interface RedisSettings {
  /** Its addresses as the configuration has them, for people. */
  readonly name: string;
  /** `single`: one address, of the server. `sentinel`: those of Sentinels. `cluster`: those of some nodes. */
  readonly mode: 'single' | 'sentinel' | 'cluster';
  readonly addresses: readonly (Listen | SocketPath)[];
  /** Number of the database; 0 in a Cluster. */
  readonly database: number;
  /** Present: TLS. PEM texts. */
  readonly tls?: KafkaSettings['tls'];
  readonly user?: string;
  readonly password?: Redacted;
  readonly sentinel?: { /** What they call the primary. */ readonly primary: string; readonly password?: Redacted };
  /** Of every key. */
  readonly prefix: string;
  /** What becomes of events while it cannot be used. */
  readonly onError: 'accept' | 'refuse';
}

/** Where spans go, by OTLP over HTTP. */
export interface TracingSettings {
  /** What they are posted to. */
  readonly url: string;
  readonly headers: { readonly [name: string]: Redacted };
  /** Part of the deliveries whose spans are exported in any case, 0 to 1. */
  readonly sampling: number;
  /** What the spans are of: OpenTelemetry's names, `service.name` among them. */
  readonly resource: { readonly [name: string]: string };
}

/** `gateway.yaml`, checked, substituted, compiled and frozen. Durations in milliseconds, sizes in bytes. */
export interface GatewaySettings {
  /** Absolute path of the file. */
  readonly file: string;
  readonly listen: Listen;
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Processes that serve; `auto` is one for each core. */
  readonly workers: 'auto' | number;
  /** From the signal to stop until no more requests are taken: `/ready` says so meanwhile. */
  readonly shutdownDelay: number;
  /** For requests in flight, after that. */
  readonly drain: number;
  readonly limits: {
    readonly body: number;
    readonly bodyTimeout: number;
    /** Bytes of a body that must come in a second. */
    readonly bodyRate: number;
    /** Deliveries at a time, of each worker. */
    readonly inFlight: number;
    /** Open at a time, of each worker: in all, and of one address. */
    readonly connections: number;
    readonly connectionsPerAddress: number;
    /** Requests a second that one address may send and not prove. */
    readonly unprovenPerAddress: number;
  };
  /** Networks whose word on a client's address counts. */
  readonly trustedProxies: readonly Network[];
  readonly admin?: {
    readonly listen: Listen | SocketPath;
    /** Names that it is asked by, beside those of this machine. */
    readonly hosts?: readonly string[];
    /** What whoever changes something must know. */
    readonly token?: Redacted;
    /** Whether it serves the inspector; absent: as the command wants it. */
    readonly inspector?: boolean;
  };
  /** Health, readiness and metrics alone. */
  readonly probes?: { readonly listen: Listen };
  readonly publisher: KafkaSettings | EmbeddedSettings;
  /** Absent: repetitions are published again. */
  readonly dedupe?: DedupeSettings;
  readonly deadLetter: {
    readonly topic: string;
    /** What may be kept in a minute of deliveries that nobody has proven. */
    readonly unverified: { readonly perMinute: number; readonly bytesPerMinute: number };
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  /** Absent: no spans are made. */
  readonly tracing?: TracingSettings;
  readonly endpoints: readonly Endpoint[];
  /** Every topic that a record can go to, the dead letters' included; sorted. */
  readonly topics: readonly string[];
}
