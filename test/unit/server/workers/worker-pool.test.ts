import cluster, { type Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { createLog } from '../../../../src/server/telemetry/log.js';
import { WorkerPool } from '../../../../src/server/workers/worker-pool.js';

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
    const crew = new WorkerPool(2, {
      log: createLog('error', { write: () => true }),
      instruct: () => ({ kind: 'stop', delay: 0 }),
    });
    const started = crew.start().catch((error: Error) => error);
    const [first, second] = workers;
    first?.emit('message', { kind: 'failed', reason: 'input', message: 'the port is taken' });
    expect(await started).to.have.property('message', 'the port is taken');
    crew.kill();
    // An answer to a question of a worker that was killed meanwhile.
    second?.emit('error', new Error('write EPIPE'));
    const stopped = crew.stop(0, 1_000).then(() => {
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

  it('says why no worker is ready', async () => {
    const crew = new WorkerPool(2, {
      log: createLog('error', { write: () => true }),
      instruct: () => ({ kind: 'measure' }),
    });
    void crew.start().catch(() => undefined);
    const [first, second] = workers;
    expect(crew.unready()).to.equal('no_worker');
    for (const worker of workers) worker.emit('message', { kind: 'listening', url: 'http://x' });
    first?.emit('message', { kind: 'ready', unready: 'kafka_unavailable' });
    expect([crew.unready(), crew.countReady()]).to.deep.equal(['kafka_unavailable', 0]);
    second?.emit('message', { kind: 'ready' });
    expect([crew.unready(), crew.countReady()]).to.deep.equal([undefined, 1]);
    second?.emit('exit', 1, null);
    expect(crew.unready()).to.equal('kafka_unavailable');
    const stopped = crew.stop(0, 1_000);
    expect(crew.unready()).to.equal('stopping');
    first?.emit('exit', 0, null);
    await stopped;
  });
});
