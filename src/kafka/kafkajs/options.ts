import type { KafkaConfig, Mechanism, SASLOptions } from 'kafkajs';
import type { KafkaSettings, PasswordLogin, TokenLogin } from '../../config/settings.js';
import type { Log } from '../../util/log.js';
import { judgeAnswer, refuse, writeLogin } from '../oauth/login.js';
import { tokensFor } from '../oauth/source.js';

/**
 * Long enough to ride through a change of leaders (4-5 s), short enough that a refused connection is known in about
 * 3 s. kafkajs wants them twice, for connecting and for sending.
 */
const retry = { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 };
/** Milliseconds. */
const connectionTimeout = 2000;
const requestTimeout = 3000;
/**
 * So long before the end of a session it logs in again. A broker refuses that in the first second of one
 * (https://cwiki.apache.org/confluence/display/KAFKA/KIP-368), which the 10 s of kafkajs made of every short one.
 */
const reauthenticationThreshold = 1000;

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
    reauthenticationThreshold,
    logLevel: warnings,
    // Its errors are attempts that it repeats itself; what becomes of them is logged by the gateway.
    logCreator: () => (entry) => log('debug', 'kafkajs', { namespace: entry.namespace, detail: entry.log.message }),
  };
}

/** TLS and SASL. */
function configureSecurity({ tls, sasl }: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls && {
      ssl: {
        rejectUnauthorized: tls.rejectUnauthorized,
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key.reveal() }),
      },
    }),
    ...(sasl && { sasl: authenticate(sasl) }),
  };
}

/** kafkajs has a type per mechanism. */
function authenticate(login: PasswordLogin | TokenLogin): SASLOptions | Mechanism {
  if (login.mechanism === 'oauthbearer') return presentToken(login);
  const { mechanism, username, password } = login;
  const words = { username, password: password.reveal() };
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...words };
    case 'scram-sha-256':
      return { mechanism, ...words };
    case 'scram-sha-512':
      return { mechanism, ...words };
  }
}

/** By itself, kafkajs does not look at what the broker says of a token. */
function presentToken(login: TokenLogin): Mechanism {
  const { mechanism, extensions } = login;
  const parse = (answer: Buffer) => answer;
  return {
    mechanism,
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const token = await tokensFor(login).get();
        const encode = () => withLength(writeLogin(token, extensions));
        try {
          const answer = await saslAuthenticate({ request: { encode }, response: { decode: withoutLength, parse } });
          judgeAnswer(answer ?? Buffer.alloc(0), login, token);
        } catch (error) {
          if (!(error instanceof Error) || !('type' in error)) throw error;
          throw error.type === 'SASL_AUTHENTICATION_FAILED' ? refuse(login, token, error.message) : error;
        }
      },
    }),
  };
}

/** kafkajs frames what a mechanism says, and what it hears. */
function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function withoutLength(bytes: Buffer): Buffer {
  return bytes.subarray(4);
}
