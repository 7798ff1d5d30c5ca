import { expect } from 'chai';
import { proveRepetitions } from '../../repetitions/prove.js';
import { getKafka } from '../shared-kafka.js';

describe('repetitions', function () {
  this.timeout(120_000);

  it('are published once, and other events under the same id never less than once', async () => {
    const providers = ['adyen', 'cashfree', 'shopify', 'stripe'];
    const proof = await proveRepetitions({ brokers: getKafka().brokers, providers, events: 160 });
    expect(proof).to.deep.include({ events: 160, missing: 0, twice: 0, byId: 40 });
    // Adyen gets an answer of its own.
    expect(proof.answers).to.deep.equal({ accepted: 200, duplicate: 160, 'own answer': 120 });
  });
});
