import type { Endpoint, Fault, Provider, Route } from '../core/model.js';
import { closest } from '../diagnostics/closest.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import { compileAllow } from './allow.js';
import type { CheckedGateway } from './check.js';
import type { PartialEndpoint } from './declaration.js';
import { compileSurroundings, type Site } from './endpoint-context.js';
import { compileExpect } from './expect.js';
import type { Materials } from './external-inputs.js';
import { lintTopics, lintUnrouted, type TopicNames } from './lint-routes.js';
import { optional } from './plugins/optional.js';
import { compileRoutes, lintRoutes } from './plugins/routes.js';
import { compileProtection } from './protect.js';
import { compileSecrets } from './secrets.js';
import { lintBinding } from './unbound.js';

/** The plugins that the endpoints name, as far as they are there. */
export interface Providers {
  /** Absent value: the plugin is there, and has faults of its own. */
  readonly found: ReadonlyMap<string, Provider | undefined>;
  /** Names of all plugins in the folders. */
  readonly known: readonly string[];
}

/**
 * Compiles the endpoints of a gateway.yaml. Of one with faults, what is wrong with the rest of it is found as well; it is
 * left out.
 */
export function compileEndpoints(
  { rest: { endpoints = [] }, isSound }: Pick<CheckedGateway, 'rest' | 'isSound'>,
  document: LocatedDocument,
  providers: Providers,
  materials: Materials & Site & TopicNames,
  faults: Fault[],
): readonly Endpoint[] {
  const withPrefix = createPrefixer(materials.topicPrefix);
  lintPaths(endpoints, document, faults);
  lintNames(endpoints, isSound, document, faults);
  return endpoints.flatMap((declared, index) => {
    const at = `/endpoints/${index}`;
    const isSoundPart = (part: string) => isSound(`${at}/${part}`);
    const provider = findProvider(declared.provider, at, providers, faults);
    const secrets = compileSecrets(declared.secrets ?? [], `${at}/secrets`, provider, materials, faults);
    const own = compileOwnRoutes(declared, at, isSound, document, provider, faults);
    faults.push(...lintTopics(materials, declared, provider, at));
    if (provider === undefined) return [];
    const surroundings = compileSurroundings(declared, at, isSoundPart, provider, materials.site, faults);
    const protect = isSoundPart('protect') ? compileProtection(declared, at, provider, materials, faults) : undefined;
    const { defaults } = materials;
    const {
      rejected = defaults.word('endpoint.rejected', ['deadletter', 'refuse']),
      livemode = defaults.word('endpoint.livemode', ['any']),
    } = declared;
    // The same list for all endpoints without routes of their own: what is found for a type is remembered for each list.
    const routes = withPrefix(own.length === 0 ? provider.routes : [...own, ...provider.routes]);
    const headers = headersOf(provider, routes);
    const allow = declared.allow && compileAllow(declared.allow, `${at}/allow`, provider, faults);
    if (isSoundPart('accept')) faults.push(...lintBinding(declared, provider, routes, at));
    // A route that is left out for its own fault may be the one that takes them.
    const complete = isSoundPart('routes') && own.length === (declared.routes ?? []).length;
    if (complete) faults.push(...lintUnrouted(provider, routes, `${at}/provider`));
    const name = nameOf(declared);
    if (!isSound(at) || name === undefined || declared.path === undefined) return [];
    const path = trimPath(declared.path);
    const common = { name, path, provider, secrets, surroundings, routes, rejected, headers, livemode };
    const expect =
      declared.expect && isSoundPart('expect')
        ? compileExpect(declared.expect, `${at}/expect`, provider, faults)
        : undefined;
    const guards = {
      ...(allow !== undefined && { allow }),
      ...(declared.rate !== undefined && { rate: declared.rate }),
      ...(protect !== undefined && { protect }),
    };
    return [{ ...common, ...guards, ...(expect !== undefined && { expect }) }];
  });
}

function findProvider(
  name: string | undefined,
  at: string,
  { found, known }: Providers,
  faults: Fault[],
): Provider | undefined {
  if (name === undefined) return undefined;
  if (!found.has(name)) faults.push(unknownPlugin(name, at, known));
  return found.get(name);
}

function compileOwnRoutes(
  { provider: plugin = '', routes = [] }: PartialEndpoint,
  at: string,
  isSound: CheckedGateway['isSound'],
  document: LocatedDocument,
  provider: Provider | undefined,
  faults: Fault[],
): readonly Route[] {
  const pointer = `${at}/routes`;
  const own = compileRoutes(routes, document, pointer, provider?.schemas ?? [], faults);
  const isWhole = (index: number) => isSound(`${pointer}/${index}`);
  faults.push(...lintRoutes(routes, pointer, plugin, provider?.eventTypes ?? new Set(), isWhole));
  return own;
}

/** Puts the prefix before the topics of routes. The same list gives the same list. */
function createPrefixer(prefix: string): (routes: readonly Route[]) => readonly Route[] {
  const done = new WeakMap<readonly Route[], readonly Route[]>();
  return (routes) => {
    if (prefix === '') return routes;
    const known = done.get(routes) ?? routes.map((route) => ({ ...route, topic: prefix + route.topic }));
    done.set(routes, known);
    return known;
  };
}

/** What a delivery's processing reads of its request, beside the body. */
function headersOf({ scheme, schemas, event, handshakes = [] }: Provider, routes: readonly Route[]): readonly string[] {
  const rules = [
    ...Object.values(event),
    ...schemas.map(({ when }) => when),
    ...routes.flatMap(({ when, key }) => [when, key]),
  ];
  const read = rules.flatMap((rule) => rule?.headers ?? []);
  const shaken = handshakes.flatMap(({ headers }) => headers);
  return [...new Set([...scheme.headers, ...shaken, ...read])];
}

function nameOf({ name, provider }: PartialEndpoint): string | undefined {
  return name ?? provider;
}

function trimPath(path: string): string {
  return path.replace(/\/+$/, '') || '/';
}

function lintPaths(declarations: readonly PartialEndpoint[], document: LocatedDocument, faults: Fault[]): void {
  const seen = new Map<string, number>();
  for (const [index, declared] of declarations.entries()) {
    if (declared.path === undefined) continue;
    const pointer = `/endpoints/${index}/path`;
    const path = trimPath(declared.path);
    const first = seen.get(path);
    if (first === undefined) seen.set(path, document.lineOf(pointer));
    else {
      const message = `The endpoint of line ${first} has this path already`;
      faults.push({ rule: 'endpoint-duplicate-path', severity: 'error', pointer, message });
    }
    if (path === '/health') {
      const message = 'The gateway itself answers /health';
      faults.push({ rule: 'endpoint-reserved-path', severity: 'error', pointer, message });
    }
    if (/\/\/|\/\.{1,2}(\/|$)/.test(declared.path)) {
      const message = 'No HTTP client sends a path with //, /./ or /../ in it as it is';
      faults.push({ rule: 'config-invalid', severity: 'error', pointer, message });
    }
  }
}

function lintNames(
  declarations: readonly PartialEndpoint[],
  isSound: CheckedGateway['isSound'],
  document: LocatedDocument,
  faults: Fault[],
): void {
  const seen = new Map<string, number>();
  for (const [index, declared] of declarations.entries()) {
    const name = nameOf(declared);
    if (name === undefined || !isSound(`/endpoints/${index}/name`)) continue;
    const pointer = `/endpoints/${index}/${declared.name === undefined ? 'provider' : 'name'}`;
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, document.lineOf(pointer));
      continue;
    }
    faults.push({
      rule: 'endpoint-duplicate-name',
      severity: 'error',
      pointer,
      message: `The endpoint of line ${first} is named "${name}" already`,
      ...optional(
        'hint',
        declared.name === undefined
          ? 'give this one a name: an endpoint without is named after its provider'
          : undefined,
      ),
    });
  }
}

function unknownPlugin(name: string, at: string, known: readonly string[]): Fault {
  const near = closest(name, known);
  return {
    rule: 'plugin-unknown',
    severity: 'error',
    pointer: `${at}/provider`,
    message: `There is no plugin "${name}"`,
    hint: near === undefined ? `there are: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`,
  };
}
