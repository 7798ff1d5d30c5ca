import { isIP } from 'node:net';
import type { ConnectionOptions } from '@platformatic/kafka';
import type { KafkaSettings } from '../../config/settings.js';

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
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    };
    // TLS wants the name of the host, which the library gives only if told.
    if (!isIP(host)) options.tlsServerName = host;
  }
  if (sasl) {
    const { mechanism, username, password } = sasl;
    options.sasl = { mechanism: mechanisms[mechanism], username, password: password.reveal() };
  }
  return options;
}
