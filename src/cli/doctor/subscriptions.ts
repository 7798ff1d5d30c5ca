import type { Endpoint, Subscriptions } from '../../core/model.js';
import { closestPath } from '../../diagnostics/closest.js';
import { printable } from '../../util/printable.js';
import { type Finding, fail, ok, unknown, warning } from './finding.js';

const slowest = 10_000;
/** Event types that are named where several have the same finding. */
const mostNamed = 5;

/** A webhook endpoint as it is registered at the provider. */
export interface Registered {
  readonly url: string;
  readonly enabled: boolean;
  /** `*`: all. */
  readonly events: readonly string[];
}

type Own = Pick<Endpoint, 'name' | 'path' | 'routes'>;

/** Asks the provider's API what is registered there, and compares it with the endpoints. No finding has a part of the key. */
export async function examineSubscriptions(
  provider: string,
  subscriptions: Subscriptions | undefined,
  endpoints: readonly Own[],
  env: { readonly [name: string]: string | undefined },
): Promise<readonly Finding[]> {
  const id = `provider ${provider}`;
  if (subscriptions === undefined) {
    return [
      unknown(id, 'its plugin does not say how to ask it', "look at the provider's own list of webhook endpoints"),
    ];
  }
  const key = env[subscriptions.env];
  if (key === undefined || key === '') {
    const hint = `set ${subscriptions.env} to an API key that may read webhook endpoints, and nothing else`;
    return [unknown(id, `it was not asked: ${subscriptions.env} is not set`, hint)];
  }
  try {
    const answer = await fetch(subscriptions.list, {
      headers: { authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(slowest),
    });
    const { host } = new URL(subscriptions.list);
    if (!answer.ok) {
      await answer.body?.cancel();
      const hint = `see that ${subscriptions.env} is a key of this account and may read webhook endpoints`;
      return [fail(id, `${host} answers ${answer.status}`, hint)];
    }
    const registered = readRegistered(await answer.json(), subscriptions);
    if (registered === undefined) {
      return [unknown(id, `the answer of ${host} is not of the form that the plugin says`, 'see its `subscriptions`')];
    }
    return compareRegistered(id, registered, endpoints);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason =
      cause instanceof Error && 'code' in cause ? String(cause.code) : cause instanceof Error ? cause.name : '';
    return [unknown(id, `its API does not answer (${reason})`, 'is there a way from here to the internet?')];
  }
}

/** Undefined: the answer has another form. */
function readRegistered(answer: unknown, names: Subscriptions): readonly Registered[] | undefined {
  const items = member(answer, names.items);
  if (!Array.isArray(items)) return undefined;
  return items.flatMap((item: unknown): Registered[] => {
    const [url, events] = [member(item, names.url), member(item, names.events)];
    if (typeof url !== 'string' || !URL.canParse(url)) return [];
    const types = Array.isArray(events) ? events.filter((type): type is string => typeof type === 'string') : [];
    return [{ url, enabled: member(item, names.state) === names.enabled, events: types }];
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}

/** A proxy may add to the path, so that its end counts. */
export function compareRegistered(
  id: string,
  registered: readonly Registered[],
  endpoints: readonly Own[],
): readonly Finding[] {
  const pathOf = ({ url }: Registered) => new URL(url).pathname.replace(/(?<=.)\/$/, '');
  const leadsTo = ({ path }: Own, each: Registered) => pathOf(each).endsWith(path);
  const paths = endpoints.map(({ path }) => path);
  const own = endpoints.flatMap((endpoint) => {
    const found = registered.filter((each) => leadsTo(endpoint, each));
    if (found.length > 0) return found.flatMap((each) => examineRegistered(`${id}.${endpoint.name}`, each, endpoint));
    const text = `no webhook endpoint that is registered there leads to ${endpoint.path}`;
    return [fail(`${id}.${endpoint.name}`, text, 'register it there, or see whether the key is of another account')];
  });
  const others = registered.filter((each) => !endpoints.some((endpoint) => leadsTo(endpoint, each)));
  const slips = others.flatMap((each) => {
    const meant = closestPath(pathOf(each), paths);
    if (meant === undefined || !each.enabled) return [];
    return [warning(id, `${printable(each.url)} is registered there`, `did you mean ${meant}? Correct its URL there`)];
  });
  return [...own, ...slips];
}

function examineRegistered(id: string, { url, enabled, events }: Registered, { routes }: Own): readonly Finding[] {
  const where = printable(url);
  if (!enabled) {
    const hint =
      'the provider may have switched it off after failures: switch it on there, then ask for what was missed';
    return [fail(id, `${where} is switched off`, hint)];
  }
  const unrouted = events.filter((type) => type !== '*' && !routes.some(({ matches }) => matches(type)));
  if (unrouted.length === 0) return [ok(id, `${where} is registered and switched on`)];
  const more = unrouted.length - mostNamed;
  const named = printable(unrouted.slice(0, mostNamed).join(', ')) + (more > 0 ? ` and ${more} more` : '');
  const hint = 'they become dead letters: give them a route, or do not subscribe to them';
  return [warning(id, `${where} gets events that no route takes: ${named}`, hint)];
}
