import type { Delivery, EndpointContext, Fault, KeyRequest, Needs, Scheme, Secret } from '../core/model.js';
import { toPointer } from '../diagnostics/pointer.js';
import { bindsOf, strongest, weakest } from './binds.js';
import { Builder, createTables, type PluginFacts, type Tables } from './builder.js';
import { isRemote } from './candidates.js';
import { checkScheme } from './check.js';
import { buildPlan } from './compile-scheme.js';
import { compileConditions } from './conditions.js';
import type { SignatureDeclaration } from './declaration.js';
import { readSigningKey } from './keys.js';
import { SignedMessage } from './message.js';
import type { Plan } from './plan.js';
import { prepare, readKeyId } from './read-signature.js';
import { keyRequest } from './remote.js';
import { applies, plansOf, type Tree, verifyTree } from './scheme-tree.js';
import { newestKeys } from './secrets.js';
import { signTree } from './sign.js';
import type { ValuePart } from './templates.js';
import { issuerRequest } from './trust.js';

export interface CompileOptions extends PluginFacts {
  /** The source that the payload is read from, where that isn't the body. */
  readonly payload?: ValuePart | undefined;
}

/**
 * Compiles the `signature` of a plugin.yaml that its JSON Schema has let through. The scheme is there unless a fault
 * is an error.
 */
export function compileSignature(
  declaration: SignatureDeclaration,
  options: CompileOptions = {},
): { scheme?: Scheme; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const headers = new Set<string>();
  const tree = compileTree(declaration, '/signature', { facts: options, faults, headers, tables: createTables() });
  if (tree === undefined || faults.some(({ severity }) => severity === 'error')) return { faults };
  const plans = plansOf(tree);
  const fetchesKeys = plans.some(({ remote }) => remote !== undefined);
  // What was read to find out which keys are needed is not read again.
  const read = new WeakMap<Delivery, SignedMessage>();
  const scheme: Scheme = {
    headers: [...headers],
    secretHeaders: [...new Set(plans.flatMap((plan) => secretHeadersOf(plan, options.payload)))],
    signedHeaders: signedHeadersOf(tree),
    binds: bindsTree(tree, options.payload),
    needs: needsOf(plans, options),
    provenBy: provenBy(plans, options),
    fetchesKeys,
    fetchesFrom: (host) => plans.some(({ remote }) => remote?.hosts.some((form) => form.test(host))),
    key: (text, usedFor) => readSigningKey(text, keyOfKind(plans, usedFor)),
    remoteKeys(delivery, secrets, now, surroundings) {
      const message = messageOf(delivery, secrets, now, surroundings);
      read.set(delivery, message);
      return remoteKeys(tree, message, secrets, now);
    },
    verify(delivery, secrets, now, surroundings) {
      const message = messageOf(delivery, secrets, now, surroundings, fetchesKeys ? read.get(delivery) : undefined);
      return verifyTree(tree, message, secrets, now);
    },
    sign: (request, key, now, surroundings, others) => signTree(tree, request, { key, now, surroundings, others }),
  };
  return { scheme: Object.freeze(scheme), faults };
}

const none: readonly KeyRequest[] = [];

/** What the alternatives of a signature share while they are compiled. */
interface Shared {
  readonly facts: PluginFacts;
  readonly faults: Fault[];
  readonly headers: Set<string>;
  readonly tables: Tables;
}

function compileTree(declaration: SignatureDeclaration, at: string, shared: Shared): Tree | undefined {
  const { facts, faults, headers, tables } = shared;
  const builder = new Builder(at, facts, faults, {}, tables);
  if ('any' in declaration || 'all' in declaration) {
    const kind = 'any' in declaration ? 'any' : 'all';
    const list = 'any' in declaration ? declaration.any : declaration.all;
    const trees = list.map((each, index) => compileTree(each, `${at}/${kind}/${index}`, shared));
    const when = compileConditions(declaration.when, (template, name) =>
      builder.pieces(template, `/when${toPointer(name)}`, template === name),
    );
    addHeaders(builder, headers);
    return { kind, when, trees: trees.filter((tree) => tree !== undefined) };
  }
  const before = faults.length;
  if (declaration.algorithm === undefined) {
    builder.fault('', 'Missing key "algorithm"', undefined, { rule: 'config-missing-key' });
    return undefined;
  }
  const plan = buildPlan(declaration, builder);
  if (faults.length === before) checkScheme(declaration, plan, builder);
  addHeaders(builder, headers);
  return { kind: 'one', plan };
}

function addHeaders({ uses }: Builder, headers: Set<string>): void {
  for (const { part } of uses) if (part.source === 'header') headers.add(part.name);
}

function messageOf(
  delivery: Delivery,
  secrets: readonly Secret[],
  now: number,
  surroundings: EndpointContext | undefined,
  before?: SignedMessage,
): SignedMessage {
  const message = new SignedMessage(delivery, surroundings, before);
  if (secrets.some(isNamed)) message.secrets = newestKeys(secrets, now);
  return message;
}

function isNamed(secret: Secret): boolean {
  return secret.for !== undefined;
}

function remoteKeys(
  tree: Tree,
  message: SignedMessage,
  secrets: readonly Secret[],
  now: number,
): readonly KeyRequest[] {
  if (!applies(tree, message)) return none;
  if (tree.kind !== 'one') return tree.trees.flatMap((each) => remoteKeys(each, message, secrets, now));
  const { plan } = tree;
  if (plan.remote === undefined || !isRemote(plan, secrets)) return none;
  readKeyId(plan, prepare(plan, message), message);
  const request = keyRequest(plan.remote, message);
  const { keys } = message.surroundings;
  const document = keys?.get(request.id);
  const issuer = keys && document && issuerRequest(plan.remote, document, keys, now);
  return issuer === undefined ? [request] : [request, issuer];
}

function bindsTree(tree: Tree, payload: ValuePart | undefined): Scheme['binds'] {
  if (tree.kind === 'one') return bindsOf(tree.plan, payload);
  const all = tree.trees.map((each) => bindsTree(each, payload));
  return tree.kind === 'any' ? weakest(all) : strongest(all);
}

/**
 * A header that is named in the signature's own list of headers is signed only if the list has it; one that is nothing
 * but the signature is as good as what it signs.
 */
function signedHeadersOf(tree: Tree): readonly string[] {
  if (tree.kind === 'one') {
    const { parts, entries } = tree.plan;
    const all = entries.items === undefined ? [...parts.signed, ...parts.from] : parts.signed;
    return all.filter(({ source }) => source === 'header').map(({ name }) => name);
  }
  const [first = [], ...others] = tree.trees.map(signedHeadersOf);
  if (tree.kind === 'all') return [...new Set([first, ...others].flat())];
  return first.filter((name) => others.every((names) => names.includes(name)));
}

/**
 * Where a secret is compared, not used as a key, its header is the secret; and a token that is bound to nothing of the body
 * is good for any other, until it expires.
 */
function secretHeadersOf(plan: Plan, payload: ValuePart | undefined): readonly string[] {
  const { method, parts } = plan;
  const methods = 'cases' in method ? [...method.cases.values()] : [method];
  const kinds = methods.map(({ algorithm }) => algorithm.kind);
  const bears = kinds.includes('jws') && bindsOf(plan, payload) === 'nothing';
  if (!kinds.includes('equals') && !bears) return [];
  return parts.from.filter(({ source }) => source === 'header').map(({ name }) => name);
}

function keyOfKind(plans: readonly Plan[], kind: string | undefined): Plan['key'] {
  const named = plans.find(({ secret }) => kind !== undefined && secret === kind);
  return (named ?? (kind === undefined ? plans[0] : undefined))?.key ?? {};
}

/** A secret that is only read in templates is text, whatever the keys are. */
function needsOf(plans: readonly Plan[], { secrets = [], params = [] }: PluginFacts): Needs {
  const held = plans.some(({ published, remote }) => published === undefined && remote === undefined);
  const url = plans.some(({ parts }) => parts.all.some(({ source }) => source === 'url'));
  return { secrets, params, url, secret: secrets.length === 0 && held };
}

function provenBy(plans: readonly Plan[], { secrets = [] }: PluginFacts): readonly string[] {
  const read = plans.flatMap(({ secret, published, remote, parts }) => [
    ...(published === undefined && remote === undefined ? [secret] : []),
    ...parts.signed.filter(({ source }) => source === 'secret').map(({ name }) => name),
  ]);
  return secrets.filter(({ name, optional }) => !optional && read.includes(name)).map(({ name }) => name);
}
