import type { Expectation, Fault, Provider } from '../core/model.js';
import { compileEvents } from '../core/rules/events.js';
import { parseDuration } from '../util/duration.js';
import type { ExpectDeclaration } from './declaration.js';
import { optional } from './plugins/optional.js';
import { noMatch } from './plugins/routes.js';

const day = 86_400_000;

/** Compiles `expect` of an endpoint, at `pointer`. Two of the same events would be one in every metric: that is a fault. */
export function compileExpect(
  declared: ExpectDeclaration | readonly ExpectDeclaration[],
  pointer: string,
  { name: plugin, eventTypes }: Pick<Provider, 'name' | 'eventTypes'>,
  faults: Fault[],
): readonly Expectation[] {
  const isList = Array.isArray(declared);
  const list: readonly ExpectDeclaration[] = isList ? declared : [declared];
  const seen = new Set<string>();
  return list.map(({ events: patterns, every, learn }, index) => {
    const at = isList ? `${pointer}/${index}` : pointer;
    const events = patterns?.join(',') ?? '*';
    if (seen.has(events)) faults.push({ ...invalid, pointer: at, message: `"${events}" is expected twice` });
    seen.add(events);
    const longest = every === undefined ? undefined : parseDuration(every);
    if (longest === 0) faults.push({ ...invalid, pointer: `${at}/every`, message: '"every" must be longer than 0s' });
    for (const [position, glob] of (patterns ?? []).entries()) {
      if (eventTypes.size > 0 && ![...eventTypes].some(compileEvents([glob])))
        faults.push(noMatch(glob, `${at}/events/${position}`, plugin, eventTypes));
    }
    return {
      events,
      matches: compileEvents(patterns ?? ['*']),
      ...(longest !== undefined && { every: longest }),
      ...optional('learn', learn === undefined ? undefined : Number.parseInt(learn, 10) * day),
    };
  });
}

const invalid = { rule: 'config-invalid', severity: 'error' } as const;
