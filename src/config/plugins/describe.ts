import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Binds, Identity, NamedNeed } from '../../core/model.js';
import type { HandshakeDeclaration } from '../../signature/declaration.js';
import { describeConditions, describeSignature, nameScheme } from '../../signature/describe-scheme.js';
import type { SoundPlugin } from './catalogue.js';
import type {
  AddressesDeclaration,
  PluginDeclaration,
  RouteDeclaration,
  SourceDeclaration,
  UnconfirmedDeclaration,
} from './declaration.js';
import { listExamples } from './examples.js';
import { unsignedHeaders } from './unsigned-headers.js';

/** What an operator wants to know of a plugin, in one line. */
export interface PluginSummary {
  readonly name: string;
  readonly title: string;
  /** The scheme in words. */
  readonly scheme: string;
  readonly binds: Binds;
  /** How many event types the plugin lists; 0: it has no list. */
  readonly eventTypes: number;
  /** Event types. */
  readonly examples: readonly string[];
  /** What nobody has confirmed, and why. */
  readonly unconfirmed: readonly UnconfirmedDeclaration[];
}

/** And all of it. */
export interface PluginDescription extends PluginSummary {
  readonly documentation?: string;
  readonly folder: string;
  readonly readme?: string;
  /** Lines for people. */
  readonly signature: readonly string[];
  /** Headers that decide an event's id, type or route although they are not signed. */
  readonly unsignedHeaders: readonly string[];
  readonly needs: {
    readonly secrets: readonly NamedNeed[];
    readonly secret: boolean;
    readonly params: readonly NamedNeed[];
    /** True if the endpoint must say its public URL. */
    readonly url: boolean;
  };
  /** Lines for people. */
  readonly handshakes: readonly string[];
  /** Absent: none are known. */
  readonly addresses?: AddressesDeclaration;
  readonly mediaTypes: readonly string[];
  /** Where the events of a batch are. */
  readonly items?: string;
  readonly event: PluginDeclaration['event'];
  /** What makes a delivery the repetition of an earlier one. */
  readonly dedupe: Identity;
  readonly sources: readonly SourceDeclaration[];
  readonly routes: readonly RouteDeclaration[];
}

export async function summarizePlugin({ declaration, folder, provider }: SoundPlugin): Promise<PluginSummary> {
  const examples = await listExamples(folder);
  return {
    name: provider.name,
    title: provider.title,
    scheme: nameScheme(declaration.signature),
    binds: provider.scheme.binds,
    eventTypes: provider.eventTypes.size,
    examples: examples.map(({ type }) => type),
    unconfirmed: listUnconfirmed(declaration),
  };
}

export async function describePlugin(plugin: SoundPlugin): Promise<PluginDescription> {
  const { declaration, folder, provider } = plugin;
  const readme = join(folder, 'README.md');
  const { documentation, items } = declaration;
  return {
    ...(await summarizePlugin(plugin)),
    ...(documentation !== undefined && { documentation }),
    folder,
    ...(existsSync(readme) ? { readme } : {}),
    signature: describeSignature(declaration.signature),
    unsignedHeaders: unsignedHeaders(provider, provider.routes),
    needs: provider.scheme.needs,
    handshakes: (declaration.handshakes ?? []).map(describeHandshake),
    ...(declaration.addresses !== undefined && { addresses: declaration.addresses }),
    mediaTypes: provider.mediaTypes,
    ...(items !== undefined && { items }),
    event: declaration.event,
    dedupe: provider.identity,
    sources: declaration.sources ?? [],
    routes: declaration.routes,
  };
}

function describeHandshake({ when, verified, respond }: HandshakeDeclaration): string {
  const conditions = describeConditions('', when).map((line) => line.trim());
  const to = verified === 'before' ? 'anybody' : 'a request whose signature is good';
  return `${respond.status ?? 200} for ${to}, where ${conditions.join(' and ')}`;
}

const noSource = 'No source is about it.';
/**
 * What of a plugin nobody has confirmed: what it names itself, and what none of its sources is about. Not the id and the
 * retries where only the same bytes are a repetition: that asserts nothing of the provider, and at worst an event is published
 * twice.
 */
export function listUnconfirmed(declaration: PluginDeclaration): readonly UnconfirmedDeclaration[] {
  const { sources = [], unconfirmed = [], answer, handshakes, eventTypes, dedupe } = declaration;
  const told = new Set([...sources, ...unconfirmed].flatMap(({ about }) => about));
  const untold = (parts: { readonly [name: string]: unknown }): readonly string[] =>
    Object.keys(parts).filter((part) => parts[part] !== undefined && !told.has(part));
  const silent = (about: readonly string[], why: string) => (about.length === 0 ? [] : [{ about, why }]);
  return [
    ...unconfirmed,
    ...silent(untold({ signature: true, answer, handshakes, eventTypes }), noSource),
    ...(dedupe?.by === 'id' ? silent(untold({ id: true, retries: true }), noSource) : []),
  ];
}
