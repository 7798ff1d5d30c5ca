import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';

const schema: object = JSON.parse(
  readFileSync(new URL('../../../schemas/record.schema.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true, strict: false });
formats.default(ajv);
const validate = ajv.compile(schema);

/** A record keeps what schemas/record.schema.json promises to consumers, and what a schema can't say. */
export function expectContract(record: {
  readonly key: string | null;
  readonly headers: { readonly [name: string]: string };
  readonly value: Buffer;
}): void {
  const { key, headers, value } = record;
  validate({ key, headers });
  expect(validate.errors ?? [], JSON.stringify(headers)).to.deep.equal([]);
  expect(headers.ce_digest).to.equal(digestOf(value));
  if (headers.ce_type !== 'webhook.dead_letter') return;
  expect(JSON.parse(headers.ce_errors ?? ''))
    .to.be.an('array')
    .with.length.above(0);
  expect(JSON.parse(headers.ce_requestheaders ?? '')).to.be.an('object');
}

/** In the form of RFC 9530. */
export function digestOf(bytes: Buffer): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}
