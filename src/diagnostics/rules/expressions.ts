import { acmeEndpoint, gateway, plugin, type RuleDefinition } from './definition.js';

function route(rest: string) {
  return gateway(`${acmeEndpoint}    routes:\n      - topic: webhooks.acme.large\n        ${rest}\n`);
}

/** About JSONata, which reads events, chooses routes and makes keys. */
export const expressionRules: readonly RuleDefinition[] = [
  {
    id: 'expr-syntax',
    severity: 'error',
    what: 'A rule is not a JSONata expression.',
    why: 'It could not be evaluated on any event. The mark stands where the expression cannot go on.',
    bad: route('when: "amount > "'),
    good: route('when: amount > 1000'),
  },
  {
    id: 'expr-unknown-function',
    severity: 'error',
    what: 'A rule calls a function that JSONata does not have, or `$eval`.',
    why: 'JSONata itself finds out only when an event comes, and that event would be a dead letter. `$eval` would run what the sender of a payload has written, so it is switched off.',
    bad: route('when: $contain(type, "paid")'),
    good: route('when: $contains(type, "paid")'),
  },
  {
    id: 'expr-unknown-variable',
    severity: 'error',
    what: 'A rule uses a variable that nothing defines.',
    why: 'It would always be empty. Beside the payload there are `$headers` and `$endpoint`; a name of the payload has no `$`.',
    bad: route(`key: $header.'acme-shop'`),
    good: route('key: order.id'),
  },
  {
    id: 'expr-arguments',
    severity: 'error',
    what: 'A rule calls a function of JSONata with too few or too many arguments.',
    why: 'JSONata itself finds out only when an event comes, and that event would be a dead letter.',
    bad: route('key: $substring(order.id, 0, 12, 1)'),
    good: route('key: $substring(order.id, 0, 12)'),
  },
  {
    id: 'expr-regex-unsafe',
    severity: 'error',
    what: 'A regular expression in a rule cannot be matched in linear time.',
    why: 'A sender could choose a payload on which it takes forever. Lookaround, backreferences and repetitions over 1000 are the reasons; all else is allowed.',
    bad: route('when: $contains(type, /^(?!order)/)'),
    good: route('when: $not($contains(type, /^order/))'),
  },
  {
    id: 'expr-unknown-field',
    severity: 'warning',
    what: 'A rule reads a field that no payload has: the JSON Schema of the plugin does not let it through, or it is a typo.',
    why: 'The rule finds nothing there: a condition that never holds, a key that is never used. Where a schema is open, a field that neither it nor an example has may still exist, so that only a typo beside a name that is there is told. `start` knows the schemas, `lint-config` the examples as well.',
    bad: route('when: amonut > 1000'),
    good: route('when: amount > 1000'),
  },
  {
    id: 'expr-fails',
    severity: 'warning',
    what: 'A rule fails on examples of the plugin.',
    why: 'Examples are what the provider really sends: such events would become dead letters. A rule is tried on every example that gets to it: a condition on those whose type fits the route and that no route before takes, a key on those for which the condition holds, or, if it holds for none, on those that get to the condition.',
    bad: route(`when: 'amount > "1000"'`),
    good: route('when: amount > 1000'),
  },
  {
    id: 'expr-types-differ',
    severity: 'warning',
    what: 'A comparison by `=` or `!=` is between values of different types in every example.',
    why: 'JSONata does not convert: the number 1 is not the text "1", and `true` not the text "true". Such a condition never holds, or always.',
    bad: route(`when: 'amount = "4200"'`),
    good: route('when: amount = 4200'),
  },
  {
    id: 'expr-never-true',
    severity: 'warning',
    what: 'A condition holds for none of the examples that get to it, and reads a field that neither they nor a schema have.',
    why: 'The field is perhaps that of another event, or at another place. Told from three examples on, and not of fields in objects such as `metadata`, in which merchants have names of their own. A condition on fields that are there, such as a large amount, may well hold for no example.',
    bad: route('when: order.express = true'),
    good: route('when: amount >= 1000000'),
  },
  {
    id: 'expr-part-missing',
    severity: 'warning',
    what: 'A part of a key or id is missing in every example that gets to it.',
    why: 'What is missing adds nothing: `order.customer & "-" & type` is `-order.paid` for every order, one key for all, and of two events with one id the second is lost. Where a part may be missing, say what to take instead, `(a ? a : b)`, or that it is optional: `(a ? "." & a)`. A key that finds nothing at all is the subject, or else the id; that is told from three examples on.',
    bad: route(`key: order.customer & "-" & type`),
    good: route(`key: order.id & "-" & type`),
  },
  {
    id: 'expr-constant',
    severity: 'warning',
    what: 'A key is the same for examples about different things, or an id for different examples.',
    why: 'With one key for all, one partition takes all events, and only one consumer works. With one id for all, every event but the first is a repetition. A key with a digit in it may well name the one customer or account whom the examples are of, and is not told.',
    bad: route(`key: '"acme"'`),
    good: route('key: order.id'),
  },
  {
    id: 'event-value-ignored',
    severity: 'warning',
    what: 'A rule for the time, subject, mode or account of an event gives what cannot be used.',
    why: 'The event is published without it. A time is a text as in RFC 3339 (one without a time zone is left out, and not told), `livemode` is `true` or `false` and not a text, the others are texts or numbers. `livemode: true` at an endpoint would let every event through.',
    bad: plugin({ event: 'event: { id: id, type: type, subject: order.id, time: created }\n' }),
    good: plugin({ event: 'event: { id: id, type: type, subject: order.id, time: $fromMillis(created * 1000) }\n' }),
  },
];
