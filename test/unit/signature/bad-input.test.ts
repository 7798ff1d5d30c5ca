import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { deliveryOf, now, rejectionOf, requestOf, schemeOf, secretOf, secretTexts } from './support.js';

const scheme = schemeOf('stripe');
const secret = secretTexts.stripe;
const body = '{"id":"evt_1"}';
const seconds = Math.floor(now / 1000);

function sign(time: number | string, key: string = secret): string {
  return createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
}

function header(time: number | string, key: string = secret): string {
  return `t=${time},v1=${sign(time, key)}`;
}

function outcome(signature: string | readonly string[] | undefined, clock = now): string {
  const delivery = deliveryOf(body, signature === undefined ? {} : { 'stripe-signature': signature });
  return rejectionOf(() => scheme.verify(delivery, [secretOf(scheme, secret)], clock));
}

const good = header(seconds);
const goodDigest = sign(seconds);

const cases: readonly (readonly [string, string | readonly string[] | undefined, string])[] = [
  ['good', good, 'verified'],
  ['upper-case hexadecimal', `t=${seconds},v1=${goodDigest.toUpperCase()}`, 'verified'],
  ['two v1, the second good', `t=${seconds},v1=${'0'.repeat(64)},v1=${goodDigest}`, 'verified'],
  ['a v0 beside the good v1', `${good},v0=${'0'.repeat(64)}`, 'verified'],
  ['unknown schemes beside the good v1', `${good},v2=x,x=`, 'verified'],
  ['a comma at the end', `${good},`, 'verified'],
  ['300 s old', header(seconds - 300), 'verified'],
  ['60 s ahead', header(seconds + 60), 'verified'],

  ['missing', undefined, 'signature_missing'],
  ['no values', [], 'signature_missing'],
  ['empty', '', 'signature_missing'],
  ['v0 only', `t=${seconds},v0=${goodDigest}`, 'signature_missing'],
  ['a good v0 does not rescue a bad v1', `t=${seconds},v1=${'0'.repeat(64)},v0=${goodDigest}`, 'signature_mismatch'],
  ['wrong secret', header(seconds, 'whsec_other'), 'signature_mismatch'],
  ['another time than was signed', `t=${seconds - 1},v1=${goodDigest}`, 'signature_mismatch'],
  ['301 s old', header(seconds - 301), 'timestamp_stale'],
  ['61 s ahead', header(seconds + 61), 'timestamp_future'],
  ['stale, but not signed', `t=1,v1=${goodDigest}`, 'signature_mismatch'],

  ['given twice', [good, good], 'signature_malformed'],
  ['garbage', 'garbage', 'signature_malformed'],
  ['two times', `t=${seconds},${good}`, 'signature_malformed'],
  ['a digit short', `t=${seconds},v1=${goodDigest.slice(1)}`, 'signature_malformed'],
  ['junk after the digits', `t=${seconds},v1=${goodDigest}zz`, 'signature_malformed'],
  ['a space after the comma', `t=${seconds}, v1=${goodDigest}`, 'signature_missing'],
  ['a digest of another size', `t=${seconds},v1=${goodDigest.slice(0, 40)}`, 'signature_malformed'],
  ['no digest', `t=${seconds},v1=`, 'signature_malformed'],
  ['non-ASCII of the same length', `t=${seconds},v1=${'é'.repeat(64)}`, 'signature_malformed'],
  ['full-width digits', `t=${seconds},v1=${'０'.repeat(64)}`, 'signature_malformed'],
  ['10,000 signatures', `${good}${`,v1=${goodDigest}`.repeat(10_000)}`, 'signature_malformed'],
  ['10,000 commas', `${','.repeat(10_000)}${good}`, 'signature_malformed'],
  ['a megabyte', `t=${seconds},v1=${'a'.repeat(1_000_000)}`, 'signature_malformed'],

  ['no time', `v1=${goodDigest}`, 'timestamp_malformed'],
  ['an empty time', header(''), 'timestamp_malformed'],
  ['a time in words', header('yesterday'), 'timestamp_malformed'],
  ['a time with a fraction', header(`${seconds}.5`), 'timestamp_malformed'],
  ['a time with an exponent', header('17e8'), 'timestamp_malformed'],
  ['a negative time', header(-seconds), 'timestamp_malformed'],
  ['a time in hexadecimal', header(`0x${seconds.toString(16)}`), 'timestamp_malformed'],
  ['a time with white space', header(` ${seconds}`), 'timestamp_malformed'],
  ['a time of 400 digits', header('9'.repeat(400)), 'timestamp_malformed'],
  ['the year 33658', header('999999999999'), 'timestamp_future'],
];

describe('a signature header that is', () => {
  for (const [what, value, expected] of cases) {
    it(`${what}: ${expected}`, () => expect(outcome(value)).to.equal(expected));
  }
});

describe('age', () => {
  it('is counted in whole seconds, as the sender counts', () => {
    expect(outcome(header(seconds - 300), seconds * 1000 + 999)).to.equal('verified');
    expect(outcome(header(seconds - 300), seconds * 1000 + 1000)).to.equal('timestamp_stale');
  });
});

describe('several secrets', () => {
  const current = secretOf(scheme, secret);
  const other = secretOf(scheme, 'whsec_other', 'other');
  const delivery = deliveryOf(body, { 'stripe-signature': good });

  it('the one that fits is named', () => {
    expect(scheme.verify(delivery, [other, current], now).secret).to.equal('current');
    const both = deliveryOf(body, { 'stripe-signature': `${header(seconds, 'whsec_other')},v1=${goodDigest}` });
    expect(scheme.verify(both, [current], now).secret).to.equal('current');
    expect(scheme.verify(both, [other], now).secret).to.equal('other');
  });

  it('one proves nothing outside of its time', () => {
    const attempt = (window: { notBefore?: number; expires?: number }) =>
      rejectionOf(() => scheme.verify(delivery, [other, { ...current, ...window }], now));
    expect(attempt({ notBefore: now, expires: now + 1 })).to.equal('verified');
    expect(attempt({ expires: now })).to.equal('secret_inactive');
    expect(attempt({ notBefore: now + 1 })).to.equal('secret_inactive');
  });

  it('an active one with the same text as an expired one counts', () => {
    const secrets = [{ ...current, name: 'old', expires: now }, current];
    expect(scheme.verify(delivery, secrets, now).secret).to.equal('current');
  });

  it('none at all proves nothing', () => {
    expect(rejectionOf(() => scheme.verify(delivery, [], now))).to.equal('signature_mismatch');
  });
});

describe('other headers that are signed', () => {
  const standard = schemeOf('standard_webhooks');
  const key = secretOf(standard, secretTexts.standard_webhooks);
  const { headers } = standard.sign(requestOf(body), key.key, now);
  const attempt = (changed: { [name: string]: string | readonly string[] | undefined }) =>
    rejectionOf(() => standard.verify(deliveryOf(body, { ...headers, ...changed }), [key], now));

  it('missing or repeated ones are refused', () => {
    expect(attempt({})).to.equal('verified');
    expect(attempt({ 'webhook-id': undefined })).to.equal('signature_malformed');
    expect(attempt({ 'webhook-id': ['a', 'a'] })).to.equal('signature_malformed');
    expect(attempt({ 'webhook-timestamp': undefined })).to.equal('timestamp_malformed');
    expect(attempt({ 'webhook-timestamp': [String(seconds), String(seconds)] })).to.equal('signature_malformed');
  });

  it('base64 that says the same in other characters is refused', () => {
    const signature = headers['webhook-signature'] ?? '';
    expect(attempt({ 'webhook-signature': signature.slice(0, -1) })).to.equal('signature_malformed');
    expect(attempt({ 'webhook-signature': `${signature}=` })).to.equal('signature_malformed');
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = digits[digits.indexOf(signature.at(-2) ?? '') + 1] ?? '';
    const loose = `${signature.slice(0, -2)}${last}=`;
    expect(Buffer.from(loose.slice(3), 'base64').equals(Buffer.from(signature.slice(3), 'base64'))).to.equal(true);
    expect(attempt({ 'webhook-signature': loose })).to.equal('signature_mismatch');
  });

  it('bytes beyond ASCII are signed as they were sent', () => {
    const id = Buffer.from('msg_é').toString('latin1');
    const digest = createHmac('sha256', key.key).update(`msg_é.${seconds}.${body}`).digest('base64');
    expect(attempt({ 'webhook-id': id, 'webhook-signature': `v1,${digest}` })).to.equal('verified');
  });
});
