import type { EndpointContext, Fault, NamedNeed, Provider } from '../core/model.js';
import { closest } from '../diagnostics/closest.js';
import { toPointer } from '../diagnostics/pointer.js';
import type { PartialEndpoint } from './declaration.js';

export interface Site {
  /** `server.publicUrl`. */
  readonly site: string | undefined;
}

/**
 * What the scheme needs to know of an endpoint beside its secrets; what the endpoint doesn't give is a fault. `isSound`: of a
 * part of the endpoint, without which nobody knows what is missing.
 */
export function compileSurroundings(
  declared: PartialEndpoint,
  at: string,
  isSound: (part: string) => boolean,
  { scheme: { needs }, name }: Provider,
  site: string | undefined,
  faults: Fault[],
): EndpointContext {
  const { params = {}, path } = declared;
  const place = declared.params === undefined ? at : `${at}/params`;
  lintParams(params, needs.params, `${at}/params`, isSound('params') ? place : undefined, faults);
  lintSecrets(declared, needs, at, isSound, faults);
  const url = declared.url ?? (site === undefined || path === undefined ? undefined : site.replace(/\/+$/, '') + path);
  if (url === undefined && needs.url && path !== undefined && isSound('url')) {
    faults.push({
      rule: 'endpoint-url-missing',
      severity: 'error',
      pointer: `${at}/path`,
      message: `${name} signs the URL that it posts to, and this endpoint doesn't say what that is`,
      hint: `give "url", or "publicUrl" under "server": https://hooks.example.com makes it https://hooks.example.com${path}`,
    });
  }
  return { params, ...(url !== undefined && { url }) };
}

function lintParams(
  params: { readonly [name: string]: string },
  needed: readonly NamedNeed[],
  pointer: string,
  place: string | undefined,
  faults: Fault[],
): void {
  const names = needed.map(({ name }) => name);
  for (const name of Object.keys(params)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    faults.push({
      rule: 'config-unknown-key',
      severity: 'error',
      pointer: pointer + toPointer(name),
      key: true,
      message: `The plugin has no parameter "${name}"`,
      hint: near === undefined ? `there are: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`,
    });
  }
  for (const { name, description, optional: dispensable } of needed) {
    if (dispensable || params[name] !== undefined || place === undefined) continue;
    const message = `Missing parameter "${name}": ${description}`;
    faults.push({ rule: 'endpoint-param-missing', severity: 'error', pointer: place, message });
  }
}

function lintSecrets(
  { secrets = [] }: PartialEndpoint,
  needs: Provider['scheme']['needs'],
  at: string,
  isSound: (part: string) => boolean,
  faults: Fault[],
): void {
  const unknown = secrets.length === 0 ? !isSound('secrets') : secrets.some((secret) => !(secret.name ?? secret.for));
  if (unknown) return;
  if (needs.secret && secrets.length === 0) {
    faults.push({ rule: 'config-missing-key', severity: 'error', pointer: at, message: 'Missing key "secrets"' });
  }
  const unnamed = needs.secrets.filter((kind) => kind.unnamed);
  if (unnamed.length > 0 && secrets.length === 0) {
    const [{ description = '' } = {}] = unnamed;
    faults.push({
      rule: 'endpoint-secret-missing',
      severity: 'error',
      pointer: at,
      message: `Missing secret: ${description}`,
    });
  }
  for (const { name, description, optional: dispensable } of needs.secrets) {
    if (dispensable || secrets.some((secret) => secretKind(secret, needs.secrets) === name)) continue;
    const pointer = secrets.length === 0 ? at : `${at}/secrets`;
    const message = `Missing secret "${name}": ${description}`;
    faults.push({ rule: 'endpoint-secret-missing', severity: 'error', pointer, message });
  }
}

/** What a secret is for: what it says, else its own name, else the only kind that there is. */
export function secretKind(
  secret: { readonly name?: string; readonly for?: string },
  kinds: readonly NamedNeed[],
): string | undefined {
  const known = (name: string | undefined) => kinds.find((kind) => kind.name === name)?.name;
  if (secret.for !== undefined) return known(secret.for);
  return known(secret.name) ?? (kinds.length === 1 ? kinds[0]?.name : undefined);
}
