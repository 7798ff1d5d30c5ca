import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import type { StoredRecord } from '../../../src/publish/read.js';

const file = new URL('../../../schemas/record.schema.json', import.meta.url);
const schema: object = JSON.parse(readFileSync(file, 'utf8'));
const ajv = new Ajv2020({ allErrors: true, strict: false });
formats.default(ajv);
const validate = ajv.compile(schema);

/** Key and headers are as schemas/record.schema.json has them. */
export function expectRecord({ key, headers }: StoredRecord): void {
  validate({ key, headers });
  expect(validate.errors ?? [], JSON.stringify(headers)).to.deep.equal([]);
}
