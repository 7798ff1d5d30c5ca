import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { type Example, listExamples } from '../../../src/config/plugins/examples.js';
import type { Endpoint } from '../../../src/core/model.js';
import { verify } from '../../../src/core/stages/verify.js';
import { signRequest } from '../../../src/testing/simulator/request.js';
import { now, rejectionOf } from '../signature/support.js';
import { outcomeOf, readVectors, refusal } from '../signature/vectors.js';
import {
  deliveryOf,
  loadEndpoint,
  pluginNames,
  pluginsFolder,
  proven,
  recordsOf,
  requestOf,
  signed,
  signingSecret,
} from './endpoints.js';

const vectors = readVectors();

it('every provider of the signature vectors has a plugin', () => {
  expect(pluginNames).to.include.members([...new Set(vectors.map(({ provider }) => provider))]);
});

for (const name of pluginNames) {
  describe(`plugins/${name}`, () => {
    let endpoint: Endpoint;
    let examples: readonly Example[];

    before(async () => {
      endpoint = await loadEndpoint(name);
      examples = await listExamples(endpoint.provider.folder);
    });

    it('has a README, examples and nothing to complain of', () => {
      expect(existsSync(new URL(`${name}/README.md`, pluginsFolder))).to.equal(true);
      expect(examples).to.not.be.empty;
      expect(endpoint.provider.documentation).to.match(/^https:/);
    });

    it('verifies, validates, identifies and routes its own examples', async () => {
      for (const example of examples) {
        const delivery = proven(endpoint, signed(endpoint, requestOf(endpoint, example)));
        const records = await recordsOf(endpoint, delivery, now).catch((error: unknown) => {
          throw new Error(`${example.type}: ${error} ${JSON.stringify(Object(error).errors ?? '')}`);
        });
        expect(records[0]?.headers.ce_type).to.equal(example.type);
        for (const record of records) expect(record.topic).to.match(new RegExp(`^webhooks\\.${name}\\.`));
      }
    });

    it('has the types of its examples in its list of event types', () => {
      const { knowsType = () => true } = endpoint.provider;
      expect(examples.map(({ type }) => type).filter((type) => !knowsType(type))).to.deep.equal([]);
    });

    it('takes an example that is sent twice, a second apart, as two events', async () => {
      for (const example of examples) {
        const sends = [requestOf(endpoint, example), requestOf(endpoint, example, now + 1000, (limit) => limit - 1)];
        const records = await Promise.all(
          sends.map((sent) =>
            recordsOf(endpoint, { ...proven(endpoint, signed(endpoint, sent)), id: randomUUID() }, now),
          ),
        );
        const [first = [], second = []] = records.map((each) => each.map(({ headers }) => headers.ce_id));
        expect(first).to.not.be.empty;
        expect(second, example.type).to.not.include.any.members(first);
      }
    });

    it('refuses an example that another secret signed', async () => {
      const stranger = await loadEndpoint(name, 1);
      const secret = signingSecret(stranger);
      for (const example of secret === undefined ? [] : examples) {
        const request = signRequest(stranger, secret ?? expect.fail(), requestOf(endpoint, example), now);
        expect(
          rejectionOf(() => verify(endpoint, deliveryOf(request), now)),
          example.type,
        ).to.match(refusal);
      }
    });

    for (const vector of vectors.filter(({ provider }) => provider === name)) {
      it(`${vector.case} is ${vector.valid ? 'proven' : 'refused'} (${vector.why})`, () => {
        const outcome = outcomeOf(vector, endpoint.provider.scheme);
        if (vector.valid) expect(outcome).to.equal('verified');
        else expect(outcome).to.match(refusal);
      });
    }
  });
}
