import type { Fault, Protection, Provider } from '../core/model.js';
import type { ProtectedField } from '../core/protect/fields.js';
import { createProtection } from '../core/protect/protection.js';
import { createSealer, readProtectKey, type Sealer } from '../core/protect/sealer.js';
import { fromPointer } from '../diagnostics/pointer.js';
import { errorText } from '../util/errors.js';
import type { PartialEndpoint, PartialProtect } from './declaration.js';
import { type Materials, readSecret } from './external-inputs.js';
import { findMissingField } from './plugins/fields.js';
import { optional } from './plugins/optional.js';

/** The protection of the endpoint at `pointer`; undefined: there is none. */
export function compileProtection(
  declared: PartialEndpoint,
  pointer: string,
  provider: Provider,
  materials: Materials,
  faults: Fault[],
): Protection | undefined {
  const { protect = {}, panGuard = materials.defaults.word('endpoint.panGuard', ['off', 'warn', 'park', 'mask']) } =
    declared;
  const own = protect.fields ?? [];
  const fields = [...own, ...(provider.protect ?? [])].filter(isWhole);
  const sealer = readKey(protect.key, `${pointer}/protect/key`, materials, faults);
  lintKey(protect, provider, pointer, faults);
  lintBodies(fields, own.length > 0, panGuard, provider, pointer, faults);
  for (const [index, { path }] of own.entries()) {
    faults.push(...lintPath(path, `${pointer}/protect/fields/${index}/path`, provider));
  }
  if (fields.length === 0 && panGuard === 'off') return undefined;
  return createProtection({ fields, panGuard, sealer, items: provider.items, forms: provider.bodyForms });
}

function isWhole(field: Partial<ProtectedField>): field is ProtectedField {
  return field.path !== undefined && field.do !== undefined;
}

function readKey(
  key: PartialProtect['key'],
  pointer: string,
  materials: Materials,
  faults: Fault[],
): Sealer | undefined {
  const text = key && readSecret(key, pointer, materials, faults);
  if (text === undefined) return undefined;
  try {
    return createSealer(key?.id ?? '', readProtectKey(text));
  } catch (error) {
    faults.push({
      rule: 'secret-invalid',
      severity: 'error',
      pointer: `${pointer}/${key?.env === undefined ? 'file' : 'env'}`,
      message: `The text of the key is no key for "protect": ${errorText(error)}`,
      hint: 'openssl rand -hex 32 makes one',
    });
    return undefined;
  }
}

function needsKey(field: Partial<ProtectedField>): boolean {
  return field.do === 'tokenise' || field.do === 'encrypt';
}

function lintKey({ key, fields = [] }: PartialProtect, provider: Provider, pointer: string, faults: Fault[]): void {
  if (key !== undefined) return;
  const index = fields.findIndex(needsKey);
  if (index === -1 && provider.protect?.some(needsKey) !== true) return;
  faults.push({
    rule: 'protect-key-missing',
    severity: 'error',
    pointer: index === -1 ? `${pointer}/provider` : `${pointer}/protect/fields/${index}/do`,
    message: index === -1 ? 'The plugin protects fields with a key, and the endpoint has none' : 'This needs a key',
    hint: 'add protect: { key: { id: k1, env: PROTECT_KEY } }',
  });
}

const form = 'application/x-www-form-urlencoded';

/** `own`: whether fields of the endpoint are among them. */
function lintBodies(
  fields: readonly ProtectedField[],
  own: boolean,
  panGuard: Protection['panGuard'],
  { bodyForms = [], mediaTypes, name }: Provider,
  pointer: string,
  faults: Fault[],
): void {
  const unsupported = { rule: 'protect-unsupported', severity: 'error' } as const;
  const place = own ? `${pointer}/protect/fields` : `${pointer}/provider`;
  const isForm = bodyForms.some((each) => each.form === 'form');
  if (fields.length > 0 && bodyForms.some((each) => each.form === undefined)) {
    const message = `Fields can be protected in JSON and in forms; payloads of "${name}" are XML, or a part of the body that is encoded`;
    faults.push({ ...unsupported, pointer: place, message });
  } else if (fields.length > 0 && isForm && mediaTypes.some((type) => type !== form && !type.includes('json'))) {
    const message = `Fields can be protected in JSON and in forms; "${name}" sends other bodies, too: ${mediaTypes.join(', ')}`;
    faults.push({ ...unsupported, pointer: place, message });
  } else if (isForm && bodyForms.length === 1 && fields.some(({ path }) => fromPointer(path).length > 1)) {
    const message = `Fields of a form have no members: a path is "/" and the name of the field`;
    faults.push({ ...unsupported, pointer: place, message });
  }
  if (panGuard !== 'off' && bodyForms.some(({ encoded }) => encoded)) {
    const message = `Nothing can be found in payloads of "${name}": they are encoded or encrypted`;
    const hint = 'leave panGuard out, and keep card numbers out of its topics in another way';
    faults.push({ ...unsupported, pointer: `${pointer}/panGuard`, message, hint });
  }
}

/** A field whose name is misspelt would be written as it is. */
function lintPath(path: string | undefined, pointer: string, { schemas }: Provider): readonly Fault[] {
  const segments = fromPointer(path ?? '');
  if (segments.length === 0 || segments.includes('*')) return [];
  const names = segments.filter((segment) => !/^\d+$/.test(segment));
  const roots = schemas.flatMap(({ schema }) => schema ?? []);
  // The first name on the way that is not there.
  const judged = roots.map((root) => {
    const told = names.map((_, index) => findMissingField(root, { path: names.slice(0, index + 1) }));
    return told.find((each) => each !== undefined);
  });
  if (roots.length === 0 || judged.includes(undefined)) return [];
  const near = judged.find((each) => each?.near !== undefined)?.near;
  return [
    {
      ...({ rule: 'protect-unknown-field', severity: 'warning', pointer } as const),
      message: `No schema of the plugin has ${path}`,
      ...optional('hint', near === undefined ? undefined : `did you mean "${near}"?`),
    },
  ];
}
