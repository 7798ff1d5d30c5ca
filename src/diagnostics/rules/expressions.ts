import { acmeEndpoint, gateway, type RuleDefinition } from './definition.js';

function route(rest: string) {
  return gateway(`${acmeEndpoint}    routes:\n      - topic: webhooks.acme.large\n        ${rest}\n`);
}

/** About JSONata, which reads events, chooses routes and makes keys. */
export const expressionRules: readonly RuleDefinition[] = [
  {
    id: 'expr-syntax',
    severity: 'error',
    what: 'A rule is not a JSONata expression.',
    why: 'It could not be evaluated on any event. The mark stands where the expression can not go on.',
    bad: route('when: "amount > "'),
    good: route('when: amount > 1000'),
  },
  {
    id: 'expr-unknown-function',
    severity: 'error',
    what: 'A rule calls a function that JSONata does not have.',
    why: 'JSONata itself finds out only when an event comes, and that event would be a dead letter.',
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
    bad: route('key: $substring(order.id, 0, 2, 1)'),
    good: route('key: $substring(order.id, 0, 2)'),
  },
  {
    id: 'expr-regex-unsafe',
    severity: 'error',
    what: 'A regular expression in a rule can not be matched in linear time.',
    why: 'A sender could choose a payload on which it takes for ever. Lookaround, backreferences and repetitions over 1000 are the reasons; all else is allowed.',
    bad: route('when: $contains(type, /^(?!order)/)'),
    good: route('when: $not($contains(type, /^order/))'),
  },
  {
    id: 'expr-unknown-field',
    severity: 'warning',
    what: 'A rule reads a field that no payload has which the JSON Schema of the plugin lets through.',
    why: 'The rule finds nothing there: a condition that never holds, a key that is never used. Where a schema is open, only a slip of the pen beside a name that it has is told.',
    bad: route('when: amonut > 1000'),
    good: route('when: amount > 1000'),
  },
];
