import { fromPointer } from '../diagnostics/pointer.js';
import { ruleDefinitions } from '../diagnostics/rules.js';
import { compileCheck } from '../diagnostics/schema-check.js';
import type { Fault } from '../model.js';
import { coerce } from './coerce.js';
import type { EndpointDeclaration, GatewayDeclaration, KafkaDeclaration, LintDeclaration } from './declaration.js';
import { explainGatewayErrors } from './inline-secrets.js';
import type { Substitution } from './substitute.js';

/** A gateway.yaml held against its schema: the whole, if it is sound, and the parts that are. */
export interface CheckedGateway {
  readonly whole?: GatewayDeclaration;
  /** By their index in the file. */
  readonly endpoints: ReadonlyMap<number, EndpointDeclaration>;
  readonly kafka?: KafkaDeclaration;
  /** Empty: not given, or faulty. */
  readonly lint: LintDeclaration;
  /** Absent: not given, or faulty; see `whole`. */
  readonly plugins?: readonly string[];
  readonly faults: readonly Fault[];
}

/** Checks a substituted gateway.yaml. `schema`: `schemas/gateway.schema.json`. It converts substituted texts in place. */
export function checkGateway(schema: object, { value, substituted, faults: unset }: Substitution): CheckedGateway {
  const check = compileCheck<GatewayDeclaration>(schema);
  let checked = check(value);
  if (!('value' in checked) && coerce(value, checked.errors, substituted)) checked = check(value);
  const plugins = readFolders(value);
  if ('value' in checked) {
    const { endpoints, kafka, lint = {} } = checked.value;
    const whole = unset.length === 0 ? { whole: checked.value } : {};
    const sound = [...endpoints.entries()].filter(([index]) => !isUnset(unset, `/endpoints/${index}`));
    return {
      ...whole,
      endpoints: new Map(sound),
      ...(kafka && !isUnset(unset, '/kafka') ? { kafka } : {}),
      ...plugins,
      lint,
      faults: unset,
    };
  }
  const faults = explainGatewayErrors(
    checked.errors.filter((error) => !unset.some(({ pointer }) => pointer === error.instancePath)),
  ).map(explainFixedRule);
  return { ...soundParts(schema, value, unset), ...plugins, faults: [...unset, ...faults] };
}

/** The schema has only the rules whose level can be changed. */
function explainFixedRule(fault: Fault): Fault {
  const [, key, id] = fromPointer(fault.pointer);
  if (fault.rule !== 'config-unknown-key' || !fault.pointer.startsWith('/lint/rules/') || key !== 'rules') return fault;
  if (!ruleDefinitions.some((rule) => rule.id === id)) return fault;
  const message = `"${id}" can't be turned off or lowered: the gateway does not start with such a fault`;
  return { rule: 'config-invalid', severity: 'error', pointer: fault.pointer, key: true, message };
}

/** Where the whole is not sound, other faults of what is can be found all the same. */
function soundParts(
  schema: object,
  value: unknown,
  unset: readonly Fault[],
): Pick<CheckedGateway, 'endpoints' | 'kafka' | 'lint'> {
  const root = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  const checkEndpoint = compileCheck<EndpointDeclaration>(schema, 'endpoint');
  const list: unknown = root.get('endpoints');
  const endpoints = new Map<number, EndpointDeclaration>();
  for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
    const endpoint = checkEndpoint(item);
    if ('value' in endpoint && !isUnset(unset, `/endpoints/${index}`)) endpoints.set(index, endpoint.value);
  }
  const kafka = compileCheck<KafkaDeclaration>(schema, 'kafka')(root.get('kafka'));
  const lint = compileCheck<LintDeclaration>(schema, 'lint')(root.get('lint'));
  return {
    endpoints,
    lint: 'value' in lint ? lint.value : {},
    ...('value' in kafka && !isUnset(unset, '/kafka') ? { kafka: kafka.value } : {}),
  };
}

function isUnset(unset: readonly Fault[], section: string): boolean {
  return unset.some(({ pointer }) => pointer.startsWith(`${section}/`));
}

function readFolders(value: unknown): { plugins?: readonly string[] } {
  if (typeof value !== 'object' || value === null || !('plugins' in value)) return {};
  const folders: unknown[] = [value.plugins].flat();
  return folders.every((folder) => typeof folder === 'string') ? { plugins: folders } : {};
}
