import { acmeEndpoint, gateway, plugin, type RuleDefinition } from './definition.js';

function routes(...lines: readonly string[]) {
  return gateway(`${acmeEndpoint}    routes:\n${lines.map((line) => `      - ${line}\n`).join('')}`);
}

export const routeRules: readonly RuleDefinition[] = [
  {
    id: 'route-unreachable',
    severity: 'warning',
    what: 'Routes before this one take every event that it could take.',
    why: 'The first route that matches wins, so that nothing ever gets to this topic. Put the narrower route first.',
    bad: routes(
      '{ events: ["order.*"], topic: webhooks.acme.order }',
      '{ events: [order.paid], topic: webhooks.acme.paid }',
    ),
    good: routes(
      '{ events: [order.paid], topic: webhooks.acme.paid }',
      '{ events: ["order.*"], topic: webhooks.acme.order }',
    ),
  },
  {
    id: 'route-event-no-match',
    severity: 'warning',
    what: 'A pattern of `events` matches none of the event types that the provider is known to send.',
    why: 'Most often it is a typo, and the events go elsewhere. Where the type is new, add it to the list of the plugin.',
    bad: routes('{ events: [order.payed], topic: webhooks.acme.paid }'),
    good: routes('{ events: [order.paid], topic: webhooks.acme.paid }'),
  },
  {
    id: 'route-unknown-topic',
    severity: 'warning',
    what: 'A route, or the dead letters, go to a topic that `lint.topics` lacks.',
    why: 'A typo in the name of a topic makes a new topic, in which nobody looks, or an error at start. List what there is, patterns included, and it is found here.',
    bad: gateway(
      `lint: { topics: [webhooks.acme, webhooks.paid, webhooks.dlq] }\n${acmeEndpoint}    routes:\n      - { events: [order.paid], topic: webhooks.payd }\n`,
    ),
    good: gateway(
      `lint: { topics: [webhooks.acme, webhooks.paid, webhooks.dlq] }\n${acmeEndpoint}    routes:\n      - { events: [order.paid], topic: webhooks.paid }\n`,
    ),
  },
  {
    id: 'event-unrouted',
    severity: 'warning',
    what: 'No route of an endpoint takes some of the event types that the provider is known to send.',
    why: 'Those events become dead letters (`route_none`). `gateway routes --coverage` shows which type goes where.',
    bad: plugin({ routes: 'routes:\n  - { events: ["order.*"], topic: webhooks.acme }\n' }),
    good: plugin({
      routes:
        'routes:\n  - { events: ["order.*"], topic: webhooks.acme }\n  - { events: ["*"], topic: webhooks.acme.other }\n',
    }),
  },
];
