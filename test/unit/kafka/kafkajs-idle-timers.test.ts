import { createRequire } from 'node:module';
import { expect } from 'chai';
import sinon from 'sinon';
import { stopIdleTimers } from '../../../src/kafka/kafkajs/idle-timers.js';

interface Queue {
  throttledUntil: number;
  push(request: object): void;
  fulfillRequest(answer: object): void;
}

const RequestQueue: new (options: object) => Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
const logger = { debug: () => undefined, warn: () => undefined };

describe('kafkajs without idle timers', () => {
  let clock: sinon.SinonFakeTimers;
  let sent: number[];
  let queue: Queue;

  beforeEach(() => {
    stopIdleTimers();
    stopIdleTimers();
    clock = sinon.useFakeTimers({ now: 1_000_000 });
    sent = [];
    queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1000, clientId: 'c', broker: 'b', logger });
  });
  afterEach(() => clock.restore());

  function push(correlationId: number): void {
    const entry = { correlationId, apiKey: 0, apiVersion: 0, apiName: '', resolve: () => {}, reject: () => {} };
    queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
  }
  function answer(correlationId: number): void {
    queue.fulfillRequest({ correlationId, payload: null, size: 0 });
  }

  it('has none after the last answer', () => {
    push(1);
    answer(1);
    expect(clock.countTimers()).to.equal(0);
  });

  it('sends what waits behind another request', () => {
    push(1);
    push(2);
    expect(sent).to.deep.equal([1]);
    answer(1);
    expect(sent).to.deep.equal([1, 2]);
    answer(2);
    clock.tick(100);
    expect(clock.countTimers()).to.equal(0);
  });

  it('sends what a broker has throttled when its time has come, without another event', () => {
    queue.throttledUntil = Date.now() + 500;
    push(1);
    clock.tick(499);
    expect(sent).to.deep.equal([]);
    clock.tick(20);
    expect(sent).to.deep.equal([1]);
    answer(1);
    expect(clock.countTimers()).to.equal(0);
  });
});
