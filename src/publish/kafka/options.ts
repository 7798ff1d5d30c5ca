import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import type { Log } from '../log.js';

/**
 * Long enough to ride through a change of leaders (4-5 s), short enough that a refused connection is known in about
 * 3 s. kafkajs wants them twice, for connecting and for sending.
 */
const retry = { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 };
/** Milliseconds. */
const connectionTimeout = 2000;
const requestTimeout = 3000;

/** `logLevel.WARN`; its index is not loaded for that. */
const warnings = 2;

/** What kafkajs is told about the cluster. */
export function configureKafka(settings: KafkaSettings, log: Log): KafkaConfig {
  return {
    ...configureSecurity(settings),
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    retry,
    connectionTimeout,
    requestTimeout,
    logLevel: warnings,
    // Its errors are attempts that it repeats itself; what becomes of them is logged by the gateway.
    logCreator: () => (entry) => log('debug', 'kafkajs', { namespace: entry.namespace, detail: entry.log.message }),
  };
}

/** TLS and SASL. */
export function configureSecurity({ tls, sasl }: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls && {
      ssl: {
        rejectUnauthorized: tls.rejectUnauthorized,
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
      },
    }),
    ...(sasl && { sasl: authenticate(sasl) }),
  };
}

/** kafkajs has a type per mechanism. */
function authenticate({ mechanism, username, password }: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  const login = { username, password: password.reveal() };
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...login };
    case 'scram-sha-256':
      return { mechanism, ...login };
    case 'scram-sha-512':
      return { mechanism, ...login };
  }
}
