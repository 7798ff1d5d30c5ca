import type { Protection } from '../core/model.js';
import type { RuleLevels } from '../diagnostics/levels.js';
import type { RouteDeclaration } from './plugins/declaration.js';

/** gateway.yaml, substituted, as `schemas/gateway.schema.json` lets it through. */
export interface GatewayDeclaration {
  readonly version: 1;
  readonly server?: {
    readonly listen?: string;
    readonly publicUrl?: string;
    /** Of a file without faults it has `cert` and `key`. */
    readonly tls?: { readonly cert?: string; readonly key?: Reference; readonly clientCa?: string };
    /** `auto` or a number, which may be a text. */
    readonly workers?: string | number;
    readonly limits?: {
      readonly body?: string | number;
      readonly bodyTimeout?: string;
      readonly bodyRate?: string | number;
      readonly inFlight?: number;
      readonly connections?: number;
      readonly connectionsPerAddress?: number;
      readonly unprovenPerAddress?: number;
    };
    readonly trustedProxies?: readonly string[];
    readonly shutdownDelay?: string;
    readonly drain?: string;
  };
  readonly admin?: {
    readonly listen: string;
    readonly hosts?: readonly string[];
    readonly token?: Reference;
    readonly inspector?: boolean;
  };
  readonly probes?: { readonly listen: string };
  readonly plugins?: string | readonly string[];
  readonly kafka?: KafkaDeclaration;
  readonly embedded?: {
    readonly dir: string;
    readonly retention?: { readonly time?: string; readonly bytes?: string | number };
  };
  readonly spool?: { readonly dir?: string; readonly maxBytes?: string | number };
  readonly dedupe?: { readonly window?: string; readonly dir?: string; readonly redis?: RedisDeclaration };
  readonly deadLetter?: {
    readonly topic?: string;
    readonly unverified?: { readonly perMinute?: number; readonly bytesPerMinute?: string | number };
  };
  readonly log?: { readonly level?: 'debug' | 'info' | 'warn' | 'error'; readonly debug?: boolean };
  readonly telemetry?: {
    readonly otlp?: {
      readonly endpoint?: string;
      readonly headers?: { readonly [name: string]: Reference };
      readonly sampling?: number;
      readonly serviceName?: string;
    };
  };
  readonly lint?: LintDeclaration;
  readonly endpoints: readonly EndpointDeclaration[];
}

/** What is left of a gateway.yaml with faults: each value is sound by itself, any may be missing. */
export type PartialGateway = Partial<
  Omit<GatewayDeclaration, 'kafka' | 'embedded' | 'admin' | 'probes' | 'dedupe' | 'endpoints'>
> & {
  readonly dedupe?: Omit<NonNullable<GatewayDeclaration['dedupe']>, 'redis'> & { readonly redis?: PartialRedis };
  readonly kafka?: PartialKafka;
  readonly embedded?: Partial<NonNullable<GatewayDeclaration['embedded']>>;
  readonly admin?: Partial<NonNullable<GatewayDeclaration['admin']>>;
  readonly probes?: Partial<NonNullable<GatewayDeclaration['probes']>>;
  readonly endpoints?: readonly PartialEndpoint[];
};

export type PartialTelemetry = NonNullable<GatewayDeclaration['telemetry']>;

export type PartialKafka = Partial<Omit<KafkaDeclaration, 'sasl'>> & { readonly sasl?: PartialSasl };

export type PartialSasl = Partial<Omit<SaslDeclaration, 'clientCredentials'>> & {
  readonly clientCredentials?: Partial<NonNullable<SaslDeclaration['clientCredentials']>>;
};

export type PartialEndpoint = Partial<Omit<EndpointDeclaration, 'secrets' | 'routes' | 'protect'>> & {
  readonly protect?: PartialProtect;
  readonly secrets?: readonly Partial<SecretDeclaration>[];
  readonly routes?: readonly Partial<RouteDeclaration>[];
};

export interface PartialProtect {
  readonly key?: Partial<NonNullable<ProtectDeclaration['key']>>;
  readonly fields?: readonly Partial<Protection['fields'][number]>[];
}

export interface LintDeclaration {
  readonly rules?: RuleLevels;
  /** Patterns of the topics that there are. */
  readonly topics?: readonly string[];
}

export interface KafkaDeclaration {
  readonly brokers: string | readonly string[];
  readonly clientId?: string;
  /** Without effect. */
  readonly client?: 'kafkajs' | 'platformatic';
  readonly idempotent?: boolean;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: Reference;
    readonly rejectUnauthorized?: boolean;
  };
  readonly compression?: 'none' | 'gzip' | 'zstd';
  readonly topicPrefix?: string;
  /** Topic, as the routes name it → GUID. */
  readonly schemaIds?: { readonly [topic: string]: string };
  readonly sasl?: SaslDeclaration;
  readonly topics?: {
    readonly create?: 'missing' | 'never';
    readonly partitions?: number;
    readonly replicationFactor?: number;
  };
}

export interface SaslDeclaration {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';
  readonly username?: string;
  readonly password?: Reference;
  readonly tokenFile?: string;
  readonly command?: readonly string[];
  readonly clientCredentials?: {
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: Reference;
    readonly scope?: string;
    readonly audience?: string;
  };
  readonly extensions?: { readonly [name: string]: string };
}

export interface RedisDeclaration {
  readonly url: string | readonly string[];
  readonly cluster?: boolean;
  readonly sentinel?: { readonly primary: string; readonly password?: Reference };
  readonly tls?: KafkaDeclaration['tls'];
  readonly user?: string;
  readonly password?: Reference;
  readonly prefix?: string;
  readonly onError?: 'accept' | 'refuse';
}

/** What is left of one with faults. */
export type PartialRedis = Partial<Omit<RedisDeclaration, 'sentinel'>> & {
  readonly sentinel?: Partial<NonNullable<RedisDeclaration['sentinel']>>;
};

/** Where a secret text is found: exactly one of the two. */
export interface Reference {
  readonly env?: string;
  readonly file?: string;
}

export interface SecretDeclaration extends Reference {
  readonly name: string;
  readonly for?: string;
  /** RFC 3339. */
  readonly notBefore?: string;
  readonly expires?: string;
}

export interface EndpointDeclaration {
  readonly name?: string;
  readonly provider: string;
  readonly path: string;
  /** `provider`, or a network. */
  readonly allow?: readonly string[];
  readonly rate?: number;
  readonly secrets?: readonly SecretDeclaration[];
  readonly params?: { readonly [name: string]: string };
  readonly url?: string;
  readonly routes?: readonly RouteDeclaration[];
  readonly rejected?: 'deadletter' | 'refuse';
  readonly livemode?: boolean | 'any';
  readonly accept?: readonly ('signature-body-unbound' | 'event-unbound')[];
  readonly protect?: ProtectDeclaration;
  readonly panGuard?: Protection['panGuard'];
  readonly expect?: ExpectDeclaration | readonly ExpectDeclaration[];
}

export interface ExpectDeclaration {
  readonly events?: readonly string[];
  readonly every?: string;
  /** Days: `14d`. */
  readonly learn?: string;
}

export interface ProtectDeclaration {
  readonly key?: Reference & { readonly id: string };
  readonly fields?: Protection['fields'];
}
