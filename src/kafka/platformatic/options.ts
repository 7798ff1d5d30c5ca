import { isIP } from 'node:net';
import type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
import type { KafkaSettings, TokenLogin } from '../../config/settings.js';
import { judgeAnswer, refuse, writeLogin } from '../oauth/login.js';
import { tokensFor } from '../oauth/source.js';
import type { Token } from '../oauth/token.js';

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

/** TLS and SASL, for a broker of this host. */
export function configureSecurity({ tls, sasl }: KafkaSettings, host: string): ConnectionOptions {
  const options: ConnectionOptions = {};
  if (tls) {
    options.tls = {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.cert !== undefined && { cert: tls.cert }),
      ...(tls.key !== undefined && { key: tls.key.reveal() }),
    };
    // TLS wants the name of the host, which the library gives only if told.
    if (!isIP(host)) options.tlsServerName = host;
  }
  if (sasl?.mechanism === 'oauthbearer') options.sasl = presentToken(sasl);
  else if (sasl) {
    const { mechanism, username, password } = sasl;
    options.sasl = { mechanism: mechanisms[mechanism], username, password: password.reveal() };
  }
  return options;
}

/** By itself, the library calls back twice where the broker refuses a token. */
function presentToken(login: TokenLogin): SASLOptions {
  return {
    mechanism: 'OAUTHBEARER',
    authenticate(_mechanism, connection, ask, _username, _password, _token, callback) {
      const fail = (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)));
      tokensFor(login)
        .get()
        .then((token) => {
          ask(connection, writeLogin(token, login.extensions), (error, answer) => {
            try {
              if (error) throw sayRefusal(error, login, token);
              judgeAnswer(answer?.authBytes ?? Buffer.alloc(0), login, token);
              callback(null, answer);
            } catch (fault) {
              fail(fault);
            }
          });
        })
        .catch(fail);
    },
  };
}

/** The error of a broker that refuses the token as an error; any other as it is. */
function sayRefusal(error: Error, login: TokenLogin, token: Token): Error {
  const [first]: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const refused = first instanceof Error && 'apiId' in first && first.apiId === 'SASL_AUTHENTICATION_FAILED';
  return refused ? refuse(login, token, '') : error;
}
