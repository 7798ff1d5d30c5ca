import { expect } from 'chai';
import type { Delivery, KafkaRecord, Placement, Publisher } from '../../../src/core/model.js';
import { PublishError } from '../../../src/core/model.js';
import { handle, type Ports } from '../../../src/core/pipeline.js';
import { createBudget } from '../../../src/core/stages/budget.js';
import type { Resuming } from '../../../src/kafka/unanswered.js';
import { noDedupe } from '../../../src/storage/dedupe/open.js';
import { openSpool, type Spool } from '../../../src/storage/spool/spool.js';
import { SimulatedDisk } from '../../simulation/disk.js';
import { World } from '../../simulation/world.js';
import { delivery, endpoint } from '../../support/provider.js';

const mebibyte = 1024 * 1024;
const perSecond = 100;
const second = 1_000;
const budget = { perMinute: 60, bytesPerMinute: 2 * mebibyte, endpoints: 1 };

/** Bodies of 1 MiB that nobody has signed, a hundred a second, and a signed event each minute, in simulated time. */
describe('a flood of unsigned bodies of 1 MiB', function () {
  this.timeout(60_000);
  let world: World;
  let spool: Spool;
  /** What Kafka has. */
  let written: KafkaRecord[];

  /** `answer`: what Kafka makes of a record; undefined: nothing. */
  async function flood(
    minutes: number,
    answer: (record: KafkaRecord) => Placement | Error | undefined,
  ): Promise<Set<string>> {
    world = new World(1);
    written = [];
    const kafka: Publisher<Placement> & Resuming = {
      publish: (record) => {
        const result = answer(record);
        if (result === undefined) return new Promise(() => undefined);
        if (result instanceof Error) return Promise.reject(result);
        written.push(record);
        return Promise.resolve(result);
      },
      ready: () => true,
      connected: () => true,
      unanswered: () => [],
      resume: async () => false,
      close: async () => undefined,
    };
    await run(openSpool(kafka, spoolOptions()).then((opened) => (spool = opened)));
    const ports: Ports = {
      publisher: spool,
      dedupe: noDedupe,
      deadLetterTopic: 'webhooks.dlq',
      now: () => world.date(),
      mayKeepUnverified: createBudget(() => budget),
    };
    const unsigned = makeUnsigned();
    const acme = endpoint();
    const outcomes = new Set<string>();
    for (let now = 0; now < minutes * 60; now++) {
      const work: Promise<unknown>[] = [];
      for (let n = 0; n < perSecond; n++) {
        const client = `198.51.${n}.${now % 250}`;
        work.push(
          handle(acme, { ...unsigned, client }, ports).then(({ rejected }) => outcomes.add(rejected[0]?.code ?? '')),
        );
      }
      if (now % 60 === 0)
        work.push(
          handle(acme, delivery({ id: `evt_${now}`, type: 'a' }), ports).then(({ accepted }) =>
            expect(accepted).to.have.length(1),
          ),
        );
      await run(Promise.all(work), second);
    }
    return outcomes;
  }

  function spoolOptions() {
    return {
      folder: '/spool',
      maxBytes: 16 * mebibyte,
      topics: ['webhooks.acme'],
      deadLetterTopic: 'webhooks.dlq',
      files: new SimulatedDisk(world).mount(),
      clock: world,
      log: () => undefined,
      retake: async () => undefined,
    };
  }

  /** Lets simulated time pass until the work is done, and at least so many milliseconds. */
  async function run(work: Promise<unknown>, least = 0): Promise<void> {
    const end = world.now() + least;
    let over = false;
    const settled = work.finally(() => {
      over = true;
    });
    settled.catch(() => undefined);
    await world.run(() => over && world.now() >= end, end + 10_000);
    await settled;
  }

  function makeUnsigned(): Delivery {
    const { headers, ...rest } = delivery(Buffer.alloc(mebibyte, 'x'));
    return { ...rest, headers: { 'content-type': headers['content-type'] } };
  }

  function letterBytes(): number {
    const letters = written.filter(({ topic }) => topic === 'webhooks.dlq');
    return letters.reduce((sum, { value }) => sum + value.length, 0);
  }

  const place = ({ topic }: KafkaRecord) => ({ topic, partition: 0, offset: 0n });

  it('makes the topic of dead letters grow by no more than its budget in an hour', async () => {
    const minutes = 60;
    const outcomes = await flood(minutes, place);
    expect([...outcomes]).to.deep.equal(['signature_missing']);
    expect(letterBytes()).to.be.within(
      budget.bytesPerMinute * (minutes - 2),
      budget.bytesPerMinute * (minutes + 1) + mebibyte,
    );
    expect(spool.status().bytes).to.equal(0);
    expect(written.filter(({ topic }) => topic === 'webhooks.acme')).to.have.length(minutes);
  });

  it('leaves nothing on the disk where Kafka takes no record of that size', async () => {
    await flood(10, (record) =>
      record.value.length < mebibyte ? place(record) : new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large'),
    );
    expect(letterBytes()).to.equal(0);
    expect(spool.status().bytes).to.equal(0);
    expect(spool.status().lanes.map(({ parked }) => parked)).to.deep.equal(spool.status().lanes.map(() => 0));
  });

  it('takes no room of the spool from what is proven while Kafka is unavailable', async () => {
    const minutes = 10;
    await flood(minutes, () => undefined);
    const { bytes, fullSince, lanes } = spool.status();
    expect(fullSince).to.equal(undefined);
    expect(lanes.find(({ topic }) => topic === 'webhooks.acme')?.spooled).to.equal(minutes);
    expect(bytes).to.be.below(minutes * 2_000);
  });
});
