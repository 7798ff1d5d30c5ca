import type { Fault, Provider, Route } from '../core/model.js';
import { compileEvents } from '../core/rules/events.js';
import { closest } from '../diagnostics/closest.js';
import type { PartialEndpoint } from './declaration.js';
import { optional } from './plugins/optional.js';

const mostNamed = 5;

/** Event types of the provider that no route takes, as a warning at `pointer`. Conditions count as if they could hold. */
export function lintUnrouted(
  { name, eventTypes }: Pick<Provider, 'name' | 'eventTypes'>,
  routes: readonly Route[],
  pointer: string,
): readonly Fault[] {
  const lost = [...eventTypes].filter((type) => !routes.some(({ matches }) => matches(type)));
  if (lost.length === 0) return [];
  const named = lost.slice(0, mostNamed).join(', ') + (lost.length > mostNamed ? ', …' : '');
  return [
    {
      rule: 'event-unrouted',
      severity: 'warning',
      pointer,
      message: `No route takes ${lost.length} of the ${eventTypes.size} event types of plugin ${name}: ${named}`,
      hint: 'they become dead letters; a last route { events: ["*"], topic: … } takes them',
    },
  ];
}

/** Which topics there are. */
export interface TopicNames {
  /** Patterns of whole names; absent: not known. */
  readonly topics?: readonly string[] | undefined;
  /** What stands before the names that routes have. */
  readonly topicPrefix: string;
}

/** Routes to topics that the configuration's list of topics hasn't got, as warnings. */
export function lintTopics(
  { topics, topicPrefix }: TopicNames,
  { routes = [] }: PartialEndpoint,
  provider: Provider | undefined,
  at: string,
): readonly Fault[] {
  if (topics === undefined) return [];
  const known = compileEvents(topics);
  const own = routes.flatMap(({ topic }, index) =>
    topic === undefined || known(topicPrefix + topic)
      ? []
      : [unknownTopic(topicPrefix + topic, `${at}/routes/${index}/topic`, 'this route sends', topics)],
  );
  const theirs = (provider?.routes ?? []).flatMap(({ topic, declaredAt }) =>
    known(topicPrefix + topic)
      ? []
      : [unknownTopic(topicPrefix + topic, `${at}/provider`, `the route at ${declaredAt} sends`, topics)],
  );
  return [...own, ...theirs];
}

export function unknownTopic(topic: string, pointer: string, who: string, topics: readonly string[]): Fault {
  const near = closest(topic, topics);
  return {
    rule: 'route-unknown-topic',
    severity: 'warning',
    pointer,
    message: `There is no topic "${topic}" in lint.topics, to which ${who}`,
    ...optional('hint', near === undefined ? undefined : `did you mean "${near}"?`),
  };
}
