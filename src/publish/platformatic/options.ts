import type { ConnectionOptions } from '@platformatic/kafka';
import type { KafkaSettings } from '../../config/settings.js';
import type { Address } from './link.js';

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

/** How to reach a broker: TLS and SASL. */
export function configureConnection({ tls, sasl }: KafkaSettings): ConnectionOptions {
  const options: ConnectionOptions = {};
  if (tls) {
    options.tls = {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    };
  }
  if (sasl) {
    const { mechanism, username, password } = sasl;
    options.sasl = { mechanism: mechanisms[mechanism], username, password: password.reveal() };
  }
  return options;
}

/** `host:port`, where the host may be `[an:ipv6:address]`. */
export function parseAddress(broker: string): Address {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) };
}
