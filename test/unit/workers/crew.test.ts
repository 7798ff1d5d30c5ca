import cluster, { type Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { createLog } from '../../../src/telemetry/log.js';
import { Crew } from '../../../src/workers/crew.js';

class FakeWorker extends EventEmitter {
  readonly process = { pid: 1, kill: sinon.spy() };

  isConnected(): boolean {
    return true;
  }

  send(): void {}
}

describe('the crew of workers', () => {
  let workers: FakeWorker[];

  beforeEach(() => {
    workers = [];
    sinon.stub(cluster, 'fork').callsFake(() => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    });
  });
  afterEach(() => sinon.restore());

  it('waits for the end of workers to which Node.js could not write any more', async () => {
    let ended = false;
    const crew = new Crew(2, { log: createLog('error', { write: () => true }), instruct: () => ({ kind: 'stop' }) });
    const started = crew.start().catch((error: Error) => error);
    const [first, second] = workers;
    first?.emit('message', { kind: 'failed', reason: 'input', message: 'the port is taken' });
    expect(await started).to.have.property('message', 'the port is taken');
    crew.kill();
    // An answer to a question of a worker that was killed meanwhile.
    second?.emit('error', new Error('write EPIPE'));
    const stopped = crew.stop(1_000).then(() => {
      ended = true;
    });
    second?.emit('error', new Error('write EPIPE'));
    first?.emit('exit', 1, null);
    await Promise.resolve();
    expect(ended).to.equal(false);
    second?.emit('exit', null, 'SIGKILL');
    await stopped;
    expect(workers).to.have.length(2);
  });
});
