import type { Dice } from '../../support/mutate.js';
import { signedByStranger, toWire } from '../honest.js';
import type { WireRequest } from '../wire.js';
import { type Base, type Hostile, type Kind, pick, withBody } from './kind.js';

/** Where the signature stands: in a header, in the target or in the body, from the first byte that another key would change to the last. */
interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  put(text: string): WireRequest;
}

function findPlace({ target, unsigned, request }: Base): Place | undefined {
  if (!target.honest) return undefined;
  const other = toWire(signedByStranger(target, unsigned, Date.now()));
  const declared = JSON.stringify(target.declaration.signature).toLowerCase();
  for (const [index, [name, value]] of request.headers.entries()) {
    if (!fromForm(name).test(declared)) continue;
    const found = difference(value, other.headers.find(([each]) => each === name)?.[1] ?? '');
    if (found === undefined) continue;
    return {
      text: value,
      ...found,
      put: (text) => ({ ...request, headers: request.headers.with(index, [name, text]) }),
    };
  }
  const inTarget = difference(request.target, other.target);
  if (inTarget !== undefined) {
    return { text: request.target, ...inTarget, put: (text) => ({ ...request, target: text }) };
  }
  const body = request.body.toString('latin1');
  const inBody = difference(body, other.body.toString('latin1'));
  return inBody && { text: body, ...inBody, put: (text) => withBody(request, Buffer.from(text, 'latin1')) };
}

/** A declaration that reads the signature from this header. */
function fromForm(name: string): RegExp {
  return new RegExp(`"from":(\\[[^\\]]*)?"[^"]*\\{header\\.${name.toLowerCase()}[|}]`);
}

function difference(text: string, other: string): { start: number; end: number } | undefined {
  if (text === other) return undefined;
  let start = 0;
  while (text[start] === other[start]) start++;
  let end = text.length;
  for (let at = other.length; end > start && at > start && text[end - 1] === other[at - 1]; at--) end--;
  return { start, end };
}

/** A kind that spoils the signature's text; nothing that comes of it proves anything. */
function spoiling(
  name: string,
  spoil: (signature: string, dice: Dice) => string,
  claim: Hostile['claim'] = 'never',
): Kind {
  return {
    layer: 'signature',
    name,
    weight: 1,
    make(base, dice) {
      const place = findPlace(base);
      if (place === undefined || place.end - place.start < 8) return undefined;
      const { text, start, end } = place;
      const spoilt = spoil(text.slice(start, end), dice);
      if (spoilt === text.slice(start, end)) return undefined;
      return { request: place.put(text.slice(0, start) + spoilt + text.slice(end)), signed: [base.request], claim };
    },
  };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Another letter or digit: never the same letter in the other case. */
function flip(signature: string, dice: Dice): string {
  const at = dice(signature.length);
  const old = signature.charAt(at).toLowerCase();
  const next = pick(
    dice,
    [...alphabet].filter((each) => each !== old),
  );
  return signature.slice(0, at) + next + signature.slice(at + 1);
}

const junk = [
  '',
  ' ',
  '0',
  '=',
  ',',
  '.',
  '..',
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'e30.e30.',
  'eyJhbGciOiJub25lIn0.e30.',
  "' or 1=1 --",
  '%00',
  'a'.repeat(4_000),
  ','.repeat(4_000),
  'v1=00,'.repeat(500),
  'QUFB'.repeat(1_000),
];

export const signatureKinds: readonly Kind[] = [
  spoiling('a character changed', flip),
  spoiling('cut off', (text, dice) => text.slice(0, dice(text.length))),
  spoiling('its beginning cut off', (text, dice) => text.slice(1 + dice(text.length - 1))),
  spoiling('longer', (text, dice) => text + pick(dice, ['0', 'A', '=', 'AAAA', '00', '.', '%00', '\u00e9'])),
  spoiling('junk in its place', (_, dice) => pick(dice, junk)),
  spoiling('reversed', (text) => [...text].reverse().join('')),
  spoiling('two characters exchanged', (text, dice) => {
    const at = dice(text.length - 1);
    const [a = '', b = ''] = text.slice(at, at + 2);
    return a.toLowerCase() === b.toLowerCase() ? text : text.slice(0, at) + b + a + text.slice(at + 2);
  }),
  spoiling('in the other case', (text) => text.toUpperCase(), 'same'),
  spoiling('of zeros', (text) => text.replace(/[a-z\d]/gi, '0')),
  {
    layer: 'signature',
    name: 'made with another key',
    weight: 2,
    make({ target, unsigned }) {
      if (!target.honest) return undefined;
      const request = toWire(signedByStranger(target, unsigned, Date.now()));
      return { request, signed: [], claim: 'never' };
    },
  },
  {
    layer: 'signature',
    name: 'none',
    weight: 1,
    make: ({ unsigned }) => ({ request: toWire(unsigned), signed: [], claim: 'never' }),
  },
  {
    layer: 'signature',
    name: 'of another delivery',
    weight: 2,
    make(base, dice, another) {
      const donor = another(base.target);
      const { body, target, headers } = base.request;
      // Everything but one of the parts is the donor's.
      const request = pick(dice, [
        { ...donor.request, body },
        { ...donor.request, target },
        { ...donor.request, headers },
      ]);
      return { request, signed: [donor.request, base.request], claim: 'same' };
    },
  },
  {
    layer: 'signature',
    name: 'of another provider',
    weight: 2,
    make(base, dice, another) {
      const { request, target: other } = another();
      if (other.endpoint.provider === base.target.endpoint.provider) return undefined;
      const { target, headers } = base.request;
      const moved = pick(dice, [
        { ...request, target },
        { ...request, target, headers: [...headers, ...request.headers.filter(([name]) => !has(headers, name))] },
        { ...request, target, body: base.request.body },
      ]);
      // With headers and body of its own provider it is what that has signed.
      return { request: moved, signed: [base.request], claim: 'same' };
    },
  },
  {
    layer: 'signature',
    name: 'token without an algorithm',
    weight: 1,
    make: (base, dice) => withToken(base, dice),
  },
];

function has(headers: WireRequest['headers'], name: string): boolean {
  return headers.some(([each]) => each.toLowerCase() === name.toLowerCase());
}

const tokenForm = /^(.*?)([\w-]+)\.([\w-]*)\.([\w-]+)(.*)$/;

/** JWT: `none`, or HMAC with something that everybody knows. */
function withToken({ request }: Base, dice: Dice): Hostile | undefined {
  const index = request.headers.findIndex(([, value]) => /\beyJ[\w-]+\.[\w-]*\.[\w-]+/.test(value));
  const [name = '', value = ''] = request.headers[index] ?? [];
  const [, before = '', , claims = '', mac = '', after = ''] = tokenForm.exec(value) ?? [];
  if (index < 0) return undefined;
  const alg = pick(dice, ['none', 'None', 'nOnE', 'HS256', '', 'RS1', 'ES256K', 'HS1']);
  const header = Buffer.from(JSON.stringify({ alg, typ: 'JWT', kid: '../../dev/null', crit: ['b64'] })).toString(
    'base64url',
  );
  const text = `${before}${header}.${claims}.${pick(dice, ['', mac])}${after}`;
  return {
    request: { ...request, headers: request.headers.with(index, [name, text]) },
    signed: [request],
    claim: 'never',
  };
}
