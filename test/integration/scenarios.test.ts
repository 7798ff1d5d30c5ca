import { expect } from 'chai';
import { proveScenarios } from '../scenarios/prove.js';
import { describeOwnKafka, getOwnKafka } from './shared-kafka.js';

describeOwnKafka('scenarios of all providers', () => {
  it('are in Kafka once and in order, although the broker crashes meanwhile', async () => {
    const { brokers, own } = getOwnKafka();
    const { played, checked } = await proveScenarios({
      brokers,
      replicationFactor: 1,
      topicPrefix: 'scenarios.',
      merchants: 60,
      events: 1_500,
      seed: 3,
      workers: 1,
      disturbances: [
        {
          after: 300,
          async disturb() {
            await own.kill();
            await own.start();
          },
        },
      ],
    });
    const { expected, ...wrong } = checked;
    expect(wrong).to.deep.equal({ found: expected, missing: 0, twice: 0, misplaced: 0, outOfOrder: 0 });
    expect([Number(expected) >= 1_500, played.refused]).to.deep.equal([true, {}]);
  }).timeout(60_000);
});
