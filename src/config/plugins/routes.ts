import { basename, dirname } from 'node:path';
import type { Fault, PayloadSchema, Route } from '../../core/model.js';
import { compileEvents } from '../../core/rules/events.js';
import { closest } from '../../diagnostics/closest.js';
import type { LocatedDocument } from '../../diagnostics/parse.js';
import type { RouteDeclaration } from './declaration.js';
import { compileCatalogue } from './event-types.js';
import { lintFields } from './fields.js';
import { optional } from './optional.js';
import { ruleAt } from './rules.js';

/**
 * Compiles the routes at `pointer` of a document, in their order. What is wrong with them goes to `faults`, under
 * pointers of that document; a route with an error, or without a topic, is left out. `schemas`: of the payloads that the rules read.
 */
export function compileRoutes(
  declarations: readonly Partial<RouteDeclaration>[],
  document: LocatedDocument,
  pointer: string,
  schemas: readonly PayloadSchema[],
  faults: Fault[],
): readonly Route[] {
  const file = `${basename(dirname(document.file))}/${basename(document.file)}`;
  return declarations.flatMap(({ events, when, topic, key }, index) => {
    const at = `${pointer}/${index}`;
    const before = faults.length;
    const condition = when === undefined ? undefined : ruleAt(when, `${at}/when`, faults);
    const partition = key === undefined ? undefined : ruleAt(key, `${at}/key`, faults);
    if (topic === '.' || topic === '..') faults.push({ ...badTopic, pointer: `${at}/topic` });
    faults.push(...lintFields(condition, `${at}/when`, schemas), ...lintFields(partition, `${at}/key`, schemas));
    if (topic === undefined || faults.slice(before).some(({ severity }) => severity === 'error')) return [];
    return [
      {
        ...(events !== undefined && { events }),
        matches: events === undefined ? () => true : compileEvents(events),
        ...(condition !== undefined && { when: condition }),
        topic,
        ...(partition !== undefined && { key: partition }),
        declaredAt: `${file}:${document.lineOf(at)}`,
      },
    ];
  });
}

const badTopic = { rule: 'config-invalid', severity: 'error', message: 'Not a valid Kafka topic name' } as const;

/**
 * Patterns that match no event type of the plugin, and routes that can never be reached, as warnings. `isWhole`: nothing of
 * the route is left out.
 */
export function lintRoutes(
  declarations: readonly Partial<RouteDeclaration>[],
  pointer: string,
  plugin: string,
  eventTypes: ReadonlySet<string>,
  isWhole: (index: number) => boolean = () => true,
): readonly Fault[] {
  const known = compileCatalogue(eventTypes);
  return declarations.flatMap((route, index) => {
    const at = `${pointer}/${index}`;
    const before = isWhole(index) ? coverers(declarations.slice(0, index), route, isWhole) : undefined;
    const unreachable: readonly Fault[] = before === undefined ? [] : [shadowed(at, before)];
    if (eventTypes.size === 0) return unreachable;
    const unmatched = (route.events ?? []).flatMap((glob, position) =>
      known(glob) || [...eventTypes].some(compileEvents([glob]))
        ? []
        : [noMatch(glob, `${at}/events/${position}`, plugin, eventTypes)],
    );
    return [...unmatched, ...unreachable];
  });
}

/**
 * The routes, by their index, that together take every event of `later`; undefined if some are left. A pattern is held
 * against the others as if it were an event type: its stars can only be matched by stars.
 */
function coverers(
  earlier: readonly Partial<RouteDeclaration>[],
  later: Partial<RouteDeclaration>,
  isWhole: (index: number) => boolean,
): readonly number[] | undefined {
  const found = (later.events ?? ['*']).map((pattern) =>
    earlier.findIndex(
      ({ events, when }, index) =>
        isWhole(index) &&
        (when === undefined || when === later.when) &&
        (events === undefined || compileEvents(events)(pattern)),
    ),
  );
  return found.includes(-1) ? undefined : [...new Set(found)].sort((a, b) => a - b);
}

function shadowed(pointer: string, by: readonly number[]): Fault {
  const numbers = by.map((index) => index + 1).join(' and ');
  const take = by.length === 1 ? `route ${numbers} of the list takes` : `routes ${numbers} of the list take`;
  return {
    rule: 'route-unreachable',
    severity: 'warning',
    pointer,
    message: `No event gets to this route: ${take} them all`,
    hint: 'the first route that matches wins: put this one before, or take it out',
  };
}

/** The pattern at `pointer` fits no event type that the plugin knows. */
export function noMatch(glob: string, pointer: string, plugin: string, eventTypes: ReadonlySet<string>): Fault {
  const near = closest(glob, glob.includes('*') ? families(eventTypes) : eventTypes);
  return {
    rule: 'route-event-no-match',
    severity: 'warning',
    pointer,
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
