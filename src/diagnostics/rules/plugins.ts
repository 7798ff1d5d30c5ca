import { plugin, type RuleDefinition } from './definition.js';

const good = plugin({});
const schemaFile = 'plugins/acme/event.schema.json';
const schema = (type: string) =>
  `{\n  "type": "${type}",\n  "required": ["id", "type"],\n  "properties": { "id": { "type": "string" }, "type": { "type": "string" } }\n}\n`;
const exampleFile = 'plugins/acme/examples/order.paid.json';
const example = (id: string) =>
  `{ "headers": { "acme-event": "order.paid" }, "payload": { "id": ${id}, "type": "order.paid", "amount": 4200, "order": { "id": "ord_1" } } }\n`;
const signed = (from: string, content: string, more = '') =>
  `signature:\n  algorithm: hmac-sha256\n  signature: { from: "${from}", encoding: hex }\n  content: "${content}"\n${more}`;
const handshake = (when: string) =>
  `${signed('{header.acme-signature}', '{raw}')}handshakes:\n  - when: { "{method}": GET, "${when}": true }\n    verified: before\n    respond: { body: "{query.challenge|hmac-sha256}" }\n`;
const timestamp = '  timestamp: { value: "{header.acme-time}", unit: s, tolerance: 300s }\n';

export const pluginRules: readonly RuleDefinition[] = [
  {
    id: 'plugin-name',
    severity: 'error',
    what: 'The name in a plugin.yaml is not that of its folder.',
    why: 'Endpoints find a plugin by its folder, records and commands show the name: there must be one.',
    bad: plugin(
      {},
      '# yaml-language-server: $schema=schemas/plugin.schema.json\nversion: 1\nname: acme_eu\ntitle: Acme Payments\n',
    ),
    good,
  },
  {
    id: 'dedupe-source-missing',
    severity: 'error',
    what: 'A plugin says that the id alone names an event, and names no source for it.',
    why: 'With `dedupe: { by: id }` an event of a known id and type is a repetition whatever its bytes are: a provider that gives one id to two events loses the second. Name the page that says so under `sources`, or leave `dedupe` out; then only the same bytes are a repetition.',
    bad: plugin({ event: 'event: { id: id, type: type, subject: order.id }\ndedupe: { by: id }\n' }),
    good: plugin({
      event:
        'event: { id: id, type: type, subject: order.id }\ndedupe: { by: id }\nsources:\n  - { about: [id], what: An event keeps its id, where: "https://acme.example/webhooks", read: 2026-11-30 }\n',
    }),
  },
  {
    id: 'schema-missing',
    severity: 'error',
    what: 'A JSON Schema that a plugin names is not in its folder.',
    why: 'Payloads could not be checked.',
    bad: plugin({ schemas: 'schemas:\n  - { schema: events.schema.json }\n' }),
    good,
  },
  {
    id: 'schema-invalid',
    severity: 'error',
    what: 'A file is not a JSON Schema 2020-12 that the gateway can use.',
    why: 'Unknown keywords count too: a keyword that nothing checks would let everything through. Patterns must be matched in linear time, since payloads come from strangers.',
    bad: { file: schemaFile, text: schema('objekt') },
    good: { file: schemaFile, text: schema('object') },
  },
  {
    id: 'signature-template',
    severity: 'error',
    what: 'A template in `signature` has a source or a filter that there is not.',
    why: 'What is signed must be put together byte for byte; `schemas/plugin.schema.json` describes all sources and filters.',
    bad: plugin({ signature: signed('{heder.acme-signature}', '{raw}') }),
    good,
  },
  {
    id: 'signature-invalid',
    severity: 'error',
    what: 'A `signature` says something that cannot be, or that proves nothing.',
    why: 'Each part may be of the right form, and the whole still make no sense: a text where one source is needed, a digest without a secret.',
    bad: plugin({ signature: signed('{header.acme-signature}', '{param.shop}{raw}') }),
    good,
  },
  {
    id: 'signature-time-unsigned',
    severity: 'warning',
    what: 'The timestamp of a delivery is not a part of what is signed.',
    why: 'Anyone who sees an old delivery can send it again with a new time, and it is taken. Only where the provider really signs so, live with it.',
    bad: plugin({ signature: signed('{header.acme-signature}', '{raw}', timestamp) }),
    good: plugin({ signature: signed('{header.acme-signature}', '{header.acme-time}.{raw}', timestamp) }),
  },
  {
    id: 'handshake-signs-anything',
    severity: 'error',
    what: 'A handshake answers anybody with any text, signed with the key of the events.',
    why: 'A stranger sends an event as the challenge, and gets its signature. So what a handshake signs for anybody is refused as a delivery, and `when` must let only challenges through that cannot be an event: `|hex` in a condition about the very value that is signed.',
    bad: plugin({ signature: handshake('{query.challenge}') }),
    good: plugin({ signature: handshake('{query.challenge|hex}') }),
  },
  {
    id: 'example-fails',
    severity: 'warning',
    what: 'An example of a plugin does not get through it: schema, event rules, routes.',
    why: 'Examples are what the provider really sends. Where one fails, real events would become dead letters. `gateway test` also tries signatures. Only `lint-config` looks at examples; `start` does not need them.',
    bad: { file: exampleFile, text: example('17') },
    good: { file: exampleFile, text: example('"evt_1"') },
  },
];
