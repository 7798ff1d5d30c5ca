/** A rule of the linter. The documentation's page about it is made of this, and its examples are linted by the tests. */
export interface RuleDefinition {
  readonly id: string;
  /** Of its faults, where nothing else is said. An `error` can't be turned off: the gateway does not start with it. */
  readonly severity: 'error' | 'warning';
  /** What it finds: a sentence. */
  readonly what: string;
  /** What comes of it, and what to do. */
  readonly why: string;
  /** Gives this rule's faults, and no others. */
  readonly bad: RuleExample;
  /** Has no fault. */
  readonly good: RuleExample;
}

/** A file that stands in the place of one of the scene's, with the whole of its text; without a text: it isn't there. */
export interface RuleExample {
  /** Relative to the folder of gateway.yaml. */
  readonly file: string;
  readonly text?: string;
}

const gatewayHead = (publisher: string) => `# yaml-language-server: $schema=schemas/gateway.schema.json
version: 1
${publisher}
plugins: plugins
`;

export const acmeEndpoint = `endpoints:
  - provider: acme
    path: /webhooks/acme
    secrets: [{ name: current, env: ACME_SECRET }]
`;

/** A gateway.yaml with these lines after those that every one has. */
export function gateway(rest: string, publisher = 'embedded: { dir: data }'): RuleExample {
  return { file: 'gateway.yaml', text: gatewayHead(publisher) + rest };
}

const pluginHead = `# yaml-language-server: $schema=schemas/plugin.schema.json
version: 1
name: acme
title: Acme Payments
`;
const parts = {
  signature: `signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", encoding: hex }
  content: "{raw}"
`,
  schemas: 'schemas:\n  - { schema: event.schema.json }\n',
  event: 'event: { id: id, type: type, subject: order.id }\n',
  routes: 'routes:\n  - { events: ["*"], topic: webhooks.acme }\n',
  rest: 'eventTypes: event-types.txt\nexamples: { dir: examples/ }\n',
};

/** The plugin.yaml of acme, with some of its parts replaced. */
export function plugin(changed: Partial<typeof parts>, head: string = pluginHead): RuleExample {
  const { signature, schemas, event, routes, rest } = { ...parts, ...changed };
  return { file: 'plugins/acme/plugin.yaml', text: head + signature + schemas + event + routes + rest };
}
