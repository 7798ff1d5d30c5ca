import { planAlgorithm } from './algorithms.js';
import type {
  Algorithm,
  Conditions,
  ContentDeclaration,
  KeyDeclaration,
  PairsDeclaration,
  SchemeDeclaration,
  SignatureDeclaration,
} from './declaration.js';
import { parseTemplate, type TemplatePart, type ValuePart } from './templates.js';

/** A signature declaration in a few words: `HMAC-SHA256`, `RSA-SHA256 (key fetched) or HTTP basic`. */
export function nameScheme(declaration: SignatureDeclaration): string {
  if ('any' in declaration) return [...new Set(declaration.any.map(nameScheme))].join(' or ');
  if ('all' in declaration) return [...new Set(declaration.all.map(nameScheme))].join(' and ');
  const { algorithm, jwt, key } = declaration;
  const names = typeof algorithm === 'string' ? [algorithm] : [...new Set(Object.values(algorithm.cases))];
  const from = key?.remote !== undefined ? ' (key fetched)' : key?.public === undefined ? '' : ' (key in the plugin)';
  return names.map((name) => nameAlgorithm(name, jwt?.algorithms ?? [])).join(' or ') + from;
}

function nameAlgorithm(name: Algorithm, tokens: readonly string[]): string {
  if (name === 'jwt') return `JWT (${tokens.join(', ')})`;
  if (name === 'jws-detached') return `detached JWS (${tokens.join(', ')})`;
  if (name === 'equals') return 'shared token';
  if (name === 'basic') return 'HTTP basic';
  if (name === 'ed25519') return 'Ed25519';
  return planAlgorithm(name).kind === 'digest' ? `${name.toUpperCase()} with the secret in it` : name.toUpperCase();
}

/** A signature declaration as plain lines: where the signature is, what is signed, how old it may be, which key it needs. */
export function describeSignature(declaration: SignatureDeclaration): readonly string[] {
  if ('algorithm' in declaration) return describeScheme(declaration);
  const any = 'any' in declaration;
  const list = any ? declaration.any : 'all' in declaration ? declaration.all : [];
  const intro = any ? 'One of these, whichever the delivery has:' : 'All of these:';
  return [
    ...describeConditions('Only where', declaration.when),
    intro,
    ...list.flatMap((each, index) =>
      describeSignature(each).map((line, at) => `${at === 0 ? `${index + 1}. ` : '   '}${line}`),
    ),
  ];
}

function describeScheme(scheme: SchemeDeclaration): readonly string[] {
  const { signature: place = {}, algorithm, timestamp, key, contentAny, content } = scheme;
  const basic = algorithm === 'basic' ? '{header.authorization}' : '';
  const from = [place.from ?? basic].flat().map(words).join(' or ');
  const entries =
    place.split === undefined ? '' : `, its ${place.pick === undefined ? 'entries' : `entry ${place.pick}`}`;
  const strip = place.strip === undefined ? '' : ` after "${place.strip.trim()}"`;
  const encoding = place.encoding === undefined ? '' : ` (${place.encoding})`;
  const named = typeof algorithm === 'string' ? [] : [`Algorithm: ${words(algorithm.switch)} says which`];
  const signed = contentAny ?? (content === undefined ? [] : [content]);
  return [
    `${nameScheme(scheme)} in ${from}${entries}${strip}${encoding}`,
    ...named,
    ...(algorithm === 'basic' || (algorithm === 'equals' && signed.length === 0)
      ? ['Signed: nothing; the secret itself is sent']
      : []),
    ...signed.map((each, index) => `${index === 0 ? 'Signed' : 'or'}: ${describeContent(each)}`),
    ...describeLets(scheme),
    timestamp === undefined
      ? scheme.jwt === undefined
        ? 'Time: none is checked; who has an old delivery can send it again'
        : `Time: of the token${scheme.jwt.maxAge === undefined ? '' : `, at most ${scheme.jwt.maxAge} old`}`
      : `Time: ${words(timestamp.value)}, at most ${timestamp.tolerance} old and ${timestamp.future ?? '60s'} ahead`,
    ...describeKey(key),
    ...describeConditions('Only where', scheme.when),
    ...describeConditions('Required:', scheme.require),
  ];
}

function describeLets({ let: named = {} }: SchemeDeclaration): readonly string[] {
  return Object.entries(named).map(([name, content]) => `where ${name} is: ${describeContent(content)}`);
}

function describeContent(content: ContentDeclaration): string {
  const parts = typeof content === 'string' ? [content] : content;
  return parts
    .map((part) => {
      if (typeof part === 'string') return words(part);
      return 'pairs' in part ? describePairs(part.pairs) : `the headers that ${words(part.headers.names)} lists`;
    })
    .join(', ');
}

function describePairs({ of, sort, omit = [], prefix }: PairsDeclaration): string {
  const which = { form: 'all form fields', query: 'all query parameters', json: 'all fields of the body' }[of];
  const only = prefix === undefined ? '' : ` that begin with ${prefix}`;
  const without = omit.length === 0 ? '' : ` except ${omit.join(', ')}`;
  return `${which}${only}${without}${sort === true ? ', sorted' : ''}`;
}

function describeKey(key: KeyDeclaration = {}): readonly string[] {
  if (key.remote !== undefined) {
    return [`Key: fetched from ${words(key.remote.url)}, on ${key.remote.hosts.join(', ')} only`];
  }
  if (key.public !== undefined) return ['Key: the public key of the provider, which the plugin has'];
  const kind = key.secret === undefined ? 'the secret' : `secret ${key.secret}`;
  const how = [
    ...(key.strip === undefined ? [] : [`without ${key.strip.join(' or ')}`]),
    ...(key.filters ?? []),
    ...(key.format === undefined ? [] : [`a public key (${key.format})`]),
    ...(key.decode === undefined ? [] : [`read as ${key.decode}`]),
    ...(key.derive === undefined ? [] : [`its ${key.derive} digest`]),
  ];
  return [`Key: ${[kind, ...how].join(', ')}`];
}

/** What must hold, for people. */
export function describeConditions(intro: string, conditions: Conditions = {}): readonly string[] {
  return Object.entries(conditions).map(([template, expected]) => {
    if (typeof expected === 'boolean') return `${intro} ${words(template)} is ${expected ? 'there' : 'not there'}`;
    return `${intro} ${words(template)} is ${[expected].flat().map(words).join(' or ')}`;
  });
}

/** A template in words: `header x-id, ".", the body`. */
function words(template: string): string {
  return parseTemplate(template).parts.map(describePart).join(', ');
}

function describePart(part: TemplatePart): string {
  if (part.kind === 'text') return JSON.stringify(part.text);
  if (part.kind === 'optional') return `[${part.parts.map(describePart).join(', ')}]`;
  const filters = part.filters.map(({ name, argument }) => {
    if (name === 'default') return argument === '' ? 'if it is there' : `else "${argument}"`;
    return argument === '' ? name : `${name} ${argument}`;
  });
  return sourceInWords(part) + (filters.length === 0 ? '' : ` (${filters.join(', ')})`);
}

function sourceInWords({ source, name }: ValuePart): string {
  switch (source) {
    case 'raw':
      return 'the body';
    case 'header':
      return `header ${name}`;
    case 'sig':
      return `entry ${name} of the signature`;
    case 'json':
      return `field ${name}`;
    case 'item':
      return `field ${name} of each item`;
    case 'form':
      return `form field ${name}`;
    case 'query':
      return `query parameter ${name}`;
    case 'param':
      return `parameter ${name}`;
    case 'secret':
      return name === '' ? 'the secret' : `secret ${name}`;
    case 'jws':
      return `"${name}" of the token's header`;
    case 'let':
      return name;
    case 'method':
      return 'the method';
    case 'url':
      return 'the public URL';
    case 'path':
    case 'target':
      return source === 'path' ? 'the path of the public URL' : 'path and query of the public URL';
  }
}
