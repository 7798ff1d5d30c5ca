import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { PluginDeclaration } from '../../config/plugins/declaration.js';
import type { Provider, Secret } from '../../core/model.js';
import { schemesOf } from '../../signature/declared-schemes.js';

/** Good as hex, as base64, and as 32 bytes of UTF-8. */
const plainTexts = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'] as const;

const keyPairs = new Map<string, string>();

function privateKey(family: string, index: 0 | 1): string {
  const name = `${family} ${index}`;
  const known = keyPairs.get(name);
  if (known !== undefined) return known;
  const text = makePrivateKey(family);
  keyPairs.set(name, text);
  return text;
}

function makePrivateKey(family: string): string {
  return generate(family).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function generate(family: string) {
  if (family === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (family === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: family });
}

const families: readonly (readonly [RegExp, string])[] = [
  [/^(rsa-|[RP]S)/, 'rsa'],
  [/^(ed25519|EdDSA)/, 'ed25519'],
  [/^ES384/, 'P-384'],
  [/^ES512/, 'P-521'],
  [/^(ecdsa-|ES)/, 'P-256'],
];

function familyOf(algorithm: string): string | undefined {
  return families.find(([form]) => form.test(algorithm))?.[1];
}

/** The algorithms of a plugin by the name of their secret; empty: the one without a name. */
function algorithmsByKind({ signature, secrets = {} }: PluginDeclaration): ReadonlyMap<string, string> {
  const names = Object.keys(secrets);
  const only = names.length === 1 ? (names[0] ?? '') : '';
  const held = schemesOf(signature).filter(({ key }) => key?.public === undefined);
  return new Map(
    held.map(({ algorithm, jwt, key }) => {
      const named = typeof algorithm === 'string' ? algorithm : (Object.values(algorithm.cases)[0] ?? '');
      return [key?.secret ?? only, jwt?.algorithms[0] ?? named];
    }),
  );
}

/**
 * A text for every secret that a plugin can be given, by its name; empty: the secret needs no name. What takes a public
 * key gets a private one, with which one can sign. `index`: which of two texts.
 */
export function developmentSecrets(declaration: PluginDeclaration, index: 0 | 1 = 0): ReadonlyMap<string, string> {
  const names = Object.keys(declaration.secrets ?? {});
  const algorithms = algorithmsByKind(declaration);
  const texts = new Map<string, string>();
  for (const name of new Set([...names, ...algorithms.keys()])) {
    const algorithm = algorithms.get(name) ?? '';
    const family = familyOf(algorithm);
    if (name === '' && names.length > 0) continue;
    if (family !== undefined) texts.set(name, privateKey(family, index));
    else texts.set(name, algorithm === 'basic' ? `gateway:${plainTexts[index]}` : plainTexts[index]);
  }
  return texts;
}

/**
 * A new secret of the kind that an endpoint's secret `name` is of, with which one can sign as well as verify: a private
 * key where the provider's is public, else hexadecimal digits, which are good as text, as hex and as base64.
 */
export function makeSecretText(declaration: PluginDeclaration | undefined, name: string): string {
  const algorithms = declaration === undefined ? new Map<string, string>() : algorithmsByKind(declaration);
  const kinds = Object.keys(declaration?.secrets ?? {});
  const kind = kinds.includes(name) ? name : kinds.length === 1 ? (kinds[0] ?? '') : '';
  const algorithm = algorithms.get(kind) ?? '';
  const family = familyOf(algorithm);
  if (family !== undefined) return makePrivateKey(family).trimEnd();
  // The examples are encrypted with it.
  if ([declaration?.payload ?? []].flat().some(({ decrypt }) => decrypt?.secret === kind)) return plainTexts[0];
  const text = randomBytes(32).toString('hex');
  return algorithm === 'basic' ? `gateway:${text}` : text;
}

/** `developmentSecrets` as secrets of an endpoint. */
export function makeSecrets(provider: Provider, declaration: PluginDeclaration, index: 0 | 1): readonly Secret[] {
  return [...developmentSecrets(declaration, index)].map(([kind, text]) => ({
    name: `${kind || 'secret'}_${index}`,
    ...(kind === '' ? {} : { for: kind }),
    key: provider.scheme.key(text, kind || undefined),
  }));
}
