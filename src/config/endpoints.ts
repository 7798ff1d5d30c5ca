import { closest } from '../diagnostics/closest.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import type { Endpoint, Fault, Provider, Route } from '../model.js';
import { optional } from '../plugins/optional.js';
import { compileRoutes, lintRoutes } from '../plugins/routes.js';
import type { EndpointDeclaration } from './declaration.js';
import type { Materials } from './materials.js';
import { lintTopics, lintUnrouted } from './reach.js';
import { compileSecrets } from './secrets.js';
import { compileSurroundings, type Site } from './surroundings.js';
import { lintBinding } from './unbound.js';

/** The plugins that the endpoints name, as far as they are there. */
export interface Providers {
  /** Absent value: the plugin is there, and has faults of its own. */
  readonly found: ReadonlyMap<string, Provider | undefined>;
  /** Names of all plugins in the folders. */
  readonly known: readonly string[];
}

/** Compiles the sound endpoints of a gateway.yaml, by their index in it. */
export function compileEndpoints(
  declarations: ReadonlyMap<number, EndpointDeclaration>,
  document: LocatedDocument,
  providers: Providers,
  materials: Materials & Site & { readonly topics?: readonly string[] | undefined },
  faults: Fault[],
): readonly Endpoint[] {
  lintPaths(declarations, document, faults);
  lintNames(declarations, document, faults);
  return [...declarations].flatMap(([index, declared]) => {
    const at = `/endpoints/${index}`;
    const provider = providers.found.get(declared.provider);
    if (!providers.found.has(declared.provider)) faults.push(unknownPlugin(declared.provider, at, providers.known));
    const secrets = compileSecrets(declared.secrets ?? [], `${at}/secrets`, provider, materials, faults);
    const path = trimPath(declared.path);
    const own = compileRoutes(declared.routes ?? [], document, `${at}/routes`, provider?.schemas ?? [], faults);
    faults.push(
      ...lintRoutes(declared.routes ?? [], `${at}/routes`, declared.provider, provider?.eventTypes ?? new Set()),
    );
    faults.push(...lintTopics(materials.topics, declared, provider, at));
    if (provider === undefined) return [];
    const surroundings = compileSurroundings(declared, at, provider, materials.site, faults);
    const { rejected = 'deadletter', livemode = 'any' } = declared;
    // The same list for all endpoints without routes of their own: what is found for a type is remembered for each list.
    const routes = own.length === 0 ? provider.routes : [...own, ...provider.routes];
    const headers = headersOf(provider, routes);
    faults.push(...lintBinding(declared, provider, routes, at));
    // A route that is left out for its own fault may be the one that takes them.
    if (own.length === (declared.routes ?? []).length) faults.push(...lintUnrouted(provider, routes, `${at}/provider`));
    return [
      {
        ...{ name: nameOf(declared), path, provider, secrets, surroundings },
        ...{ routes, rejected, headers, livemode },
      },
    ];
  });
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

function nameOf({ name, provider }: EndpointDeclaration): string {
  return name ?? provider;
}

function trimPath(path: string): string {
  return path.replace(/\/+$/, '') || '/';
}

function lintPaths(
  declarations: ReadonlyMap<number, EndpointDeclaration>,
  document: LocatedDocument,
  faults: Fault[],
): void {
  const seen = new Map<string, number>();
  for (const [index, declared] of declarations) {
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
  declarations: ReadonlyMap<number, EndpointDeclaration>,
  document: LocatedDocument,
  faults: Fault[],
): void {
  const seen = new Map<string, number>();
  for (const [index, declared] of declarations) {
    const name = nameOf(declared);
    const pointer = `/endpoints/${index}/${declared.name === undefined ? 'provider' : 'name'}`;
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, document.lineOf(pointer));
      continue;
    }
    faults.push({
      ...{ rule: 'endpoint-duplicate-name', severity: 'error', pointer },
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
    ...{ rule: 'plugin-unknown', severity: 'error', pointer: `${at}/provider` },
    message: `There is no plugin "${name}"`,
    hint: near === undefined ? `there are: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`,
  };
}
