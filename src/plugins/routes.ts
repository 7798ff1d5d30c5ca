import { basename, dirname } from 'node:path';
import { closest } from '../diagnostics/closest.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import type { Fault, Route } from '../model.js';
import { compileEvents } from '../rules/events.js';
import type { RouteDeclaration } from './declaration.js';
import { ruleAt } from './rules.js';

/**
 * Compiles the routes at `pointer` of a document, in their order. What is wrong with them goes to `faults`, under
 * pointers of that document; a route with a fault is left out.
 */
export function compileRoutes(
  declarations: readonly RouteDeclaration[],
  document: LocatedDocument,
  pointer: string,
  faults: Fault[],
): readonly Route[] {
  const file = `${basename(dirname(document.file))}/${basename(document.file)}`;
  return declarations.flatMap(({ events, when, topic, key }, index) => {
    const at = `${pointer}/${index}`;
    const before = faults.length;
    const route: Route = {
      ...(events === undefined ? {} : { events }),
      matches: events === undefined ? () => true : compileEvents(events),
      ...optional('when', when === undefined ? undefined : ruleAt(when, `${at}/when`, faults)),
      topic,
      ...optional('key', key === undefined ? undefined : ruleAt(key, `${at}/key`, faults)),
      declaredAt: `${file}:${document.lineOf(at)}`,
    };
    if (topic === '.' || topic === '..') faults.push({ ...badTopic, pointer: `${at}/topic` });
    return faults.length === before ? [route] : [];
  });
}

/** A property that is there if its value is. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  const part: { [name in K]?: V } = {};
  if (value !== undefined) part[key] = value;
  return part;
}

const badTopic = { rule: 'config-invalid', severity: 'error', message: 'Kafka has no topic of this name' } as const;

/** Patterns that match no event type of the plugin, and routes that can never be reached, as warnings. */
export function lintRoutes(
  declarations: readonly RouteDeclaration[],
  pointer: string,
  plugin: string,
  eventTypes: ReadonlySet<string>,
): readonly Fault[] {
  return declarations.flatMap((route, index) => {
    const at = `${pointer}/${index}`;
    const shadow = declarations.slice(0, index).findIndex((earlier) => covers(earlier, route));
    const unreachable: readonly Fault[] = shadow === -1 ? [] : [shadowed(at, shadow)];
    if (eventTypes.size === 0) return unreachable;
    const unmatched = (route.events ?? []).flatMap((glob, position) =>
      [...eventTypes].some(compileEvents([glob]))
        ? []
        : [noMatch(glob, `${at}/events/${position}`, plugin, eventTypes)],
    );
    return [...unmatched, ...unreachable];
  });
}

/**
 * Whether every event of `later` is taken by `earlier`. A pattern is held against the other as if that were an event
 * type: its stars can only be matched by stars.
 */
function covers(earlier: RouteDeclaration, later: RouteDeclaration): boolean {
  if (earlier.when !== undefined && earlier.when !== later.when) return false;
  return (later.events ?? ['*']).every(compileEvents(earlier.events ?? ['*']));
}

function shadowed(pointer: string, by: number): Fault {
  return {
    rule: 'route-unreachable',
    severity: 'warning',
    pointer,
    message: `No event gets to this route: route ${by + 1} of the list takes them all`,
    hint: 'the first route that matches wins: put this one before it, or take it out',
  };
}

function noMatch(glob: string, pointer: string, plugin: string, eventTypes: ReadonlySet<string>): Fault {
  const near = closest(glob, glob.includes('*') ? families(eventTypes) : eventTypes);
  return {
    ...{ rule: 'route-event-no-match', severity: 'warning', pointer },
    message: `"${glob}" matches none of the ${eventTypes.size} event types of plugin ${plugin}`,
    ...optional('hint', near === undefined ? undefined : `did you mean "${near}"?`),
  };
}

/** `a.*` and `a.b.*` of a type `a.b.c`. */
function families(eventTypes: ReadonlySet<string>): ReadonlySet<string> {
  const prefixes = [...eventTypes].flatMap((type) =>
    type
      .split('.')
      .slice(0, -1)
      .map((_, count, parts) => `${parts.slice(0, count + 1).join('.')}.*`),
  );
  return new Set(prefixes);
}
