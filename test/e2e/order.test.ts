import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { FakeBroker } from '../support/fake-broker.js';
import { RawConnection } from '../support/raw-http.js';
import { plugins } from './cli.js';
import { type Started, start, untilReady } from './running.js';
import { stripeRequest } from './stripe.js';

const workers = 3;
const senders = 12;
/** Milliseconds that a sender waits for an answer. */
const patience = 8_000;
/** How many events are sent before Kafka goes away, until it comes back, and in all. */
const [before, untilBack, inAll] = [100, 700, 1_000];

function configOf({ address }: FakeBroker): string {
  return `version: 1
server: { listen: "127.0.0.1:0", shutdownDelay: 0s, drain: 5s, workers: ${workers} }
admin: { listen: "127.0.0.1:0" }
plugins: ${plugins}
kafka: { brokers: "${address}" }
spool: { dir: ../data/spool }
dedupe: { dir: ../data/dedupe }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, file: ../data/stripe.secret }]
`;
}

/** Sends each event over a connection of its own, when the one before has its 200; again, while it has none. */
class SerialSender {
  readonly #charge: string;
  sent = 0;
  spooled = 0;

  constructor(charge: string) {
    this.#charge = charge;
  }

  async run(url: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const id = `evt_${this.#charge}_${this.sent}`;
      while (!(await this.#send(url, id))) await delay(50);
      this.sent++;
    }
  }

  /** Places in `log` of its events, in the order in which they were sent; absent: it isn't there. */
  places(log: ReadonlyMap<string, number>): readonly (number | undefined)[] {
    return Array.from({ length: this.sent }, (_, index) => log.get(`evt_${this.#charge}_${index}`));
  }

  async #send(url: string, id: string): Promise<boolean> {
    const connection = new RawConnection(url);
    // What the primary was handing to a worker as that was killed, nobody answers.
    const timer = setTimeout(() => connection.cut(), patience);
    const { head, body } = stripeRequest(id, undefined, this.#charge);
    connection.write(head.replace('\r\n', '\r\nConnection: close\r\n') + body);
    try {
      const answer = await connection.answer();
      if (answer.status === 200 && answer.body.includes('"spooled"')) this.spooled++;
      return answer.status === 200;
    } catch {
      // The worker was killed.
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Id → place of the first record with it. */
function readLog({ log }: FakeBroker): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const value of log.flatMap(({ values }) => values)) {
    const { id }: { id: string } = JSON.parse(value);
    if (!places.has(id)) places.set(id, places.size);
  }
  return places;
}

function workerPids(stderr: string): readonly number[] {
  return stderr
    .split('\n')
    .filter((line) => line.includes('"listening"'))
    .map((line) => JSON.parse(line).pid);
}

describe('a gateway with three workers', () => {
  let broker: FakeBroker;
  let gateway: Started;

  beforeEach(async () => {
    broker = await FakeBroker.start(4);
    gateway = await start(configOf(broker));
    await untilReady(gateway.adminUrl, ({ workers: all }) => all?.ready === workers);
  });
  afterEach(async () => {
    gateway.cli.kill('SIGKILL');
    await gateway.cli.ended();
    gateway.directory.remove();
    await broker.stop();
  });

  for (const kill of [false, true]) {
    it(`keeps the order of senders that wait for each answer, in an outage ${kill ? 'with a killed worker' : 'of Kafka'}`, async () => {
      const all = Array.from({ length: senders }, (_, index) => new SerialSender(`ch_${index}`));
      let over = false;
      const running = all.map((sender) => sender.run(gateway.url, () => over));
      const countSent = () => all.reduce((sum, { sent }) => sum + sent, 0);
      const until = async (holds: () => boolean) => {
        while (!holds()) await delay(20);
      };
      await until(() => countSent() >= before);
      broker.mute = true;
      await until(() => countSent() >= untilBack);
      const [pid] = workerPids(gateway.cli.stderr);
      if (kill && pid !== undefined) process.kill(pid, 'SIGKILL');
      broker.mute = false;
      broker.disconnect();
      await until(() => countSent() >= inAll);
      over = true;
      await Promise.all(running);
      const isMissing = (sender: SerialSender) => sender.places(readLog(broker)).includes(undefined);
      while (all.some(isMissing)) await delay(100);
      const places = all.map((sender) => sender.places(readLog(broker)));
      const inverted = places.flatMap((each) => each.filter((at = 0, index) => at < (each[index - 1] ?? 0)));
      expect(inverted).to.deep.equal([]);
      expect(all.every(({ spooled }) => spooled > 5)).to.equal(true);
    }).timeout(180_000);
  }
});
