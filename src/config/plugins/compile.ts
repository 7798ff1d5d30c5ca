import { basename } from 'node:path';
import type { Fault, Identity, NamedNeed, PayloadSchema, Provider, Rule } from '../../core/model.js';
import { joinParts } from '../../core/rules/parts.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { type LocatedDocument, parseJsonFile } from '../../diagnostics/parse.js';
import { compileAnswer } from '../../signature/answer.js';
import type { PluginFacts } from '../../signature/builder.js';
import { compileSignature } from '../../signature/compile.js';
import { compileHandshakes } from '../../signature/handshake.js';
import { compilePayload } from '../../signature/payload.js';
import { readNetworks } from '../../util/networks.js';
import { sayUnreadable } from '../../util/read-fault.js';
import type { FileText } from '../../util/read-text.js';
import type { OptionalFact, PluginDeclaration } from './declaration.js';
import { compileCatalogue, parseEventTypes } from './event-types.js';
import { lintFields } from './fields.js';
import { deepFreeze } from './freeze.js';
import { compilePayloadSchema } from './payload-schema.js';
import { compileRoutes, lintRoutes } from './routes.js';
import { ruleAt } from './rules.js';

/** A file that a plugin.yaml names, by its absolute path. */
export type ReferencedFile = { readonly path: string } & FileText;

/** A plugin as read, its plugin.yaml checked against the schema. */
export interface PluginSource {
  /** Absolute. */
  readonly folder: string;
  readonly document: LocatedDocument;
  readonly declaration: PluginDeclaration;
  /** Every file that the declaration names, by the name that it uses. */
  readonly files: ReadonlyMap<string, ReferencedFile>;
}

const defaultMediaTypes = ['application/json', 'application/*+json'];
const optionalFacts: readonly OptionalFact[] = ['time', 'subject', 'livemode', 'account'];

/** Compiles a plugin to a frozen provider, which is absent if a diagnostic is an error. */
export function compilePlugin(source: PluginSource): { provider?: Provider; diagnostics: readonly Diagnostic[] } {
  const { folder, declaration, document } = source;
  const faults: Fault[] = [];
  const elsewhere: Diagnostic[] = [];
  if (declaration.name !== basename(folder)) faults.push(wrongName(declaration.name, folder));
  const { title, documentation, items } = declaration;
  const facts = factsOf(declaration);
  const answering = declaration.answer === undefined ? undefined : compileAnswer(declaration.answer, facts);
  const payload = declaration.payload === undefined ? undefined : compilePayload(declaration.payload, facts);
  const scheme = compileSignature(declaration.signature, { ...facts, payload: payload?.part });
  const handshaking = compileHandshakes(declaration.handshakes ?? [], declaration.signature, facts);
  faults.push(...scheme.faults, ...(payload?.faults ?? []), ...handshaking.faults, ...(answering?.faults ?? []));
  const schemas = compileSchemas(source, faults, elsewhere);
  const event = compileEvent(declaration.event, schemas, faults);
  const identity = compileIdentity(declaration, faults);
  const eventTypes = readEventTypes(source, faults);
  const routes = compileRoutes(declaration.routes, document, '/routes', schemas, faults);
  faults.push(...lintRoutes(declaration.routes, '/routes', declaration.name, eventTypes));
  const addresses = declaration.addresses && {
    ...declaration.addresses,
    networks: readNetworks(declaration.addresses.networks, (index) => `/addresses/networks/${index}`, faults),
  };
  const diagnostics = [...faults.map(document.toDiagnostic), ...elsewhere];
  if (scheme.scheme === undefined || event === undefined || diagnostics.some(({ severity }) => severity === 'error')) {
    return { diagnostics };
  }
  const provider: Provider = {
    name: declaration.name,
    title,
    folder,
    scheme: scheme.scheme,
    schemas,
    event,
    identity,
    routes,
    eventTypes,
    ...(documentation !== undefined && { documentation }),
    ...(items !== undefined && { items }),
    ...(eventTypes.size === 0 ? {} : { knowsType: compileCatalogue(eventTypes) }),
    ...(declaration.secretForms !== undefined && { secretForms: declaration.secretForms }),
    ...(addresses !== undefined && { addresses }),
    ...(answering?.answer !== undefined && { answer: answering?.answer }),
    ...(declaration.answer?.body === '' ? { answersEmpty: true } : {}),
    mediaTypes: declaration.mediaTypes ?? defaultMediaTypes,
    ...(payload?.read !== undefined && { readPayload: payload?.read }),
    ...(payload?.forms !== undefined && { bodyForms: payload?.forms }),
    ...(declaration.protect !== undefined && { protect: declaration.protect }),
    ...(handshaking.handshakes.length === 0 ? {} : { handshakes: handshaking.handshakes }),
  };
  return { provider: deepFreeze(provider), diagnostics };
}

function wrongName(name: string, folder: string): Fault {
  return {
    rule: 'plugin-name',
    severity: 'error',
    pointer: '/name',
    message: `The plugin says that its name is "${name}", but its folder is "${basename(folder)}"`,
  };
}

function factsOf({ items, secrets, params, handshakes, payload = [] }: PluginDeclaration): PluginFacts {
  const payloads = [payload].flat().flatMap(({ from }) => from ?? []);
  return {
    ...(items !== undefined && { items }),
    handshakes,
    payloads,
    secrets: namedNeeds(secrets),
    params: namedNeeds(params),
  };
}

function namedNeeds(declared: PluginDeclaration['secrets']): readonly NamedNeed[] {
  return Object.entries(declared ?? {}).map(([name, { description, optional: dispensable = false, unnamed }]) => ({
    name,
    description,
    optional: dispensable,
    ...(unnamed !== undefined && { unnamed }),
  }));
}

function compileSchemas(
  { declaration, files }: PluginSource,
  faults: Fault[],
  elsewhere: Diagnostic[],
): readonly PayloadSchema[] {
  return declaration.schemas.flatMap(({ schema: name, when }, index) => {
    const pointer = `/schemas/${index}`;
    const rule = when === undefined ? undefined : ruleAt(when, `${pointer}/when`, faults);
    const file = files.get(name);
    if (file === undefined || 'reason' in file) {
      faults.push(missingFile('schema-missing', name, file?.reason, `${pointer}/schema`));
      return [];
    }
    const { document, diagnostics } = parseJsonFile(file.path, file.text);
    elsewhere.push(...diagnostics.map((diagnostic) => ({ ...diagnostic, rule: 'schema-invalid' })));
    if (document === undefined) return [];
    const compiled = compilePayloadSchema(name, document);
    elsewhere.push(...compiled.faults.map(document.toDiagnostic));
    if (compiled.check === undefined) return [];
    return [{ name, ...(rule !== undefined && { when: rule }), schema: Object(document.value), check: compiled.check }];
  });
}

function compileEvent(
  declared: PluginDeclaration['event'],
  schemas: readonly PayloadSchema[],
  faults: Fault[],
): Provider['event'] | undefined {
  const id = compileId(declared.id, schemas, faults);
  const type = ruleAt(declared.type, '/event/type', faults);
  const facts: { [name in OptionalFact]?: Rule } = {};
  for (const name of optionalFacts) {
    const source = declared[name];
    const rule = source === undefined ? undefined : ruleAt(source, `/event/${name}`, faults);
    if (rule !== undefined) facts[name] = rule;
  }
  for (const [name, rule] of Object.entries({ type, ...facts })) {
    faults.push(...lintFields(rule, `/event/${name}`, schemas));
  }
  return id === undefined || type === undefined ? undefined : { id, type, ...facts };
}

function compileId(
  declared: PluginDeclaration['event']['id'],
  schemas: readonly PayloadSchema[],
  faults: Fault[],
): Rule | undefined {
  const sources = [declared].flat();
  const rules = sources.flatMap((source, index) => {
    const pointer = Array.isArray(declared) ? `/event/id/${index}` : '/event/id';
    const rule = ruleAt(source, pointer, faults);
    faults.push(...lintFields(rule, pointer, schemas));
    return rule ?? [];
  });
  if (rules.length < sources.length) return undefined;
  return Array.isArray(declared) ? joinParts(rules) : rules[0];
}

function compileIdentity({ dedupe, sources = [] }: PluginDeclaration, faults: Fault[]): Identity {
  const { by, placeholders = [] } = dedupe ?? { by: 'content' };
  if (by === 'id' && !sources.some(({ about }) => about.includes('id'))) {
    faults.push({
      rule: 'dedupe-source-missing',
      severity: 'error',
      pointer: '/dedupe/by',
      message: 'Nothing says that the id alone names an event: no entry of "sources" is about the id',
      hint: 'name the page that says so, or leave "dedupe" out: an event is then published again if its bytes differ',
    });
  }
  return { by, placeholders };
}

function readEventTypes({ declaration, files }: PluginSource, faults: Fault[]): ReadonlySet<string> {
  if (declaration.eventTypes === undefined) return new Set();
  const file = files.get(declaration.eventTypes);
  if (file === undefined || 'reason' in file) {
    faults.push(missingFile('config-file-missing', declaration.eventTypes, file?.reason, '/eventTypes'));
    return new Set();
  }
  return parseEventTypes(file.text);
}

function missingFile(rule: string, name: string, reason: string | undefined, pointer: string): Fault {
  return {
    rule,
    severity: 'error',
    pointer,
    message: sayUnreadable(`file ${name} in the folder of the plugin`, reason ?? 'ENOENT'),
  };
}
