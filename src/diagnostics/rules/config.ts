import { acmeEndpoint, gateway, plugin, type RuleDefinition } from './definition.js';

const good = gateway(acmeEndpoint);

/** About the files as such. */
export const configRules: readonly RuleDefinition[] = [
  {
    id: 'config-missing',
    severity: 'error',
    what: 'The configuration file is not there, or cannot be read.',
    why: 'Nothing can be checked or started. Commands take the file that they are given, else the one that GATEWAY_CONFIG names, else `./gateway.yaml`, else `./config/gateway.yaml`.',
    bad: { file: 'gateway.yaml' },
    good,
  },
  {
    id: 'config-syntax',
    severity: 'error',
    what: 'A file is not YAML 1.2, or not JSON where that is expected.',
    why: 'The usual reasons are a text with `: ` or ` ? ` in it that has no quotes, a leading `*` without quotes, and a key that is there twice: of two values nobody knows which was meant.',
    bad: gateway(`${acmeEndpoint}    routes:\n      - { events: [*], topic: webhooks.acme }\n`),
    good: gateway(`${acmeEndpoint}    routes:\n      - { events: ["*"], topic: webhooks.acme }\n`),
  },
  {
    id: 'config-unknown-key',
    severity: 'error',
    what: 'A key that nothing reads, most often a typo.',
    why: 'What was meant by it would silently not happen: a limit that is not a limit, a live-only endpoint that takes test events.',
    bad: gateway(`${acmeEndpoint}    livemod: true\n`),
    good: gateway(`${acmeEndpoint}    livemode: true\n`),
  },
  {
    id: 'config-no-effect',
    severity: 'warning',
    what: 'A key of an earlier version that no longer has an effect.',
    why: 'It is taken, so that an upgrade does not fail, and does nothing. Leave it out: readers would think that it does.',
    bad: gateway(acmeEndpoint, 'kafka: { brokers: "127.0.0.1:9092", client: kafkajs }'),
    good: gateway(acmeEndpoint, 'kafka: { brokers: "127.0.0.1:9092" }'),
  },
  {
    id: 'config-missing-key',
    severity: 'error',
    what: 'A key that must be there is missing.',
    why: 'There is no sensible default for it: no path, say, or no secret to prove a sender with.',
    bad: gateway('endpoints:\n  - provider: acme\n    secrets: [{ name: current, env: ACME_SECRET }]\n'),
    good,
  },
  {
    id: 'config-invalid',
    severity: 'error',
    what: 'A value is not of the kind or form that its key wants.',
    why: 'Units are always written out (`10s`, `1MiB`), so that nobody has to guess them. The description of the key says what it takes; editors show it.',
    bad: gateway(`server: { limits: { body: 1MB, bodyTimeout: 10 } }\n${acmeEndpoint}`),
    good: gateway(`server: { limits: { body: 1MiB, bodyTimeout: 10s } }\n${acmeEndpoint}`),
  },
  {
    id: 'config-file-missing',
    severity: 'error',
    what: 'A file or folder that the configuration names is not there.',
    why: 'Relative paths begin at the folder of the file that has them, not at the directory of the shell.',
    bad: plugin({ rest: 'eventTypes: types.txt\n' }),
    good: plugin({}),
  },
  {
    id: 'admin-token-missing',
    severity: 'error',
    what: 'The admin server listens where other machines reach it, and wants no token.',
    why: 'Anyone who reaches it could reload the gateway and change the level of its log. Listen on 127.0.0.1 or on a socket (`unix:/run/gateway/admin.sock`), or give `token`. What orchestrators and Prometheus need is on `probes` as well, where nothing can be changed.',
    bad: gateway(`admin: { listen: "0.0.0.0:8001" }\n${acmeEndpoint}`),
    good: gateway(`admin: { listen: "127.0.0.1:8001" }\nprobes: { listen: "0.0.0.0:8002" }\n${acmeEndpoint}`),
  },
  {
    id: 'tls-invalid',
    severity: 'error',
    what: 'The certificate or the key of `server.tls` cannot be used.',
    why: 'The key must be that of the first certificate of `cert`; both are PEM, and the key is not encrypted. `openssl x509 -noout -pubkey -in tls.crt` and `openssl pkey -pubout -in tls.key` print the same for a pair. The gateway does not start without: it would refuse every handshake.',
    bad: gateway(`server:\n  tls: { cert: tls/acme.crt, key: { file: tls/other.key } }\n${acmeEndpoint}`),
    good: gateway(`server:\n  tls: { cert: tls/acme.crt, key: { file: tls/acme.key } }\n${acmeEndpoint}`),
  },
  {
    id: 'tls-certificate-expired',
    severity: 'warning',
    what: 'The certificate of `server.tls` has expired, or is not valid yet.',
    why: 'Providers do not connect to a server with such a certificate. Put a valid one in its place: a gateway that runs takes it within some seconds. If it is valid by your reckoning, the clock of this machine is wrong.',
    bad: gateway(`server:\n  tls: { cert: tls/expired.crt, key: { file: tls/expired.key } }\n${acmeEndpoint}`),
    good: gateway(`server:\n  tls: { cert: tls/acme.crt, key: { file: tls/acme.key } }\n${acmeEndpoint}`),
  },
  {
    id: 'env-unset',
    severity: 'error',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how it is written in YAML.
    what: 'An environment variable in `${VAR}` is not set and has no default.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how it is written in YAML.
    why: 'An empty text in its place would be a value that nobody has chosen. `${VAR:-default}` gives one; it also counts for a variable that is empty.',
    bad: gateway(`deadLetter: { topic: "\${DEAD_LETTERS}" }\n${acmeEndpoint}`),
    good: gateway(`deadLetter: { topic: "\${DEAD_LETTERS:-webhooks.dlq}" }\n${acmeEndpoint}`),
  },
];
