import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { event, open, placed } from './support.js';

const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** A process with the dedupe window; see worker.ts. */
class Worker {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #waiting: (() => void)[] = [];

  constructor(dir: string) {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', script, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    this.#exited = once(child, 'exit');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Resolves when it has said one of them. */
  async said(...wanted: string[]): Promise<void> {
    while (!wanted.some((line) => this.lines.includes(line))) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}

describe('dedupe between processes', function () {
  this.timeout(20_000);
  let dir: string;
  let workers: Worker[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    workers = [new Worker(dir), new Worker(dir)];
    await Promise.all(workers.map((worker) => worker.said('ready')));
  });

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    await rm(dir, { recursive: true, force: true });
  });

  function pair(): [Worker, Worker] {
    const [first, second] = workers;
    if (first === undefined || second === undefined) throw new Error('no workers');
    return [first, second];
  }

  it('shares a publish with the twin in the other process, and remembers for both', async () => {
    const [first, second] = pair();
    first.tell('once a');
    await first.said('publish a');
    second.tell('once a');
    // What comes after it in the same process shows that the twin waits.
    second.tell('once b');
    await second.said('publish b');
    first.tell('ack a 7');
    await Promise.all([first.said('done a 7 accepted'), second.said('done a 7 duplicate')]);
    expect(second.lines).to.not.include('publish a');
    second.tell('once a');
    await second.said('done a 7 duplicate');
  });

  it('lets the other process try where the first failed', async () => {
    const [first, second] = pair();
    first.tell('once a');
    await first.said('publish a');
    second.tell('once a');
    first.tell('fail a');
    await first.said('failed a');
    await second.said('publish a');
    second.tell('ack a 3');
    await second.said('done a 3 accepted');
  });

  it('takes over from a process that was killed while it published', async () => {
    const [first, second] = pair();
    first.tell('once a');
    await first.said('publish a');
    second.tell('once a');
    await first.kill();
    await second.said('publish a');
    second.tell('ack a 4');
    await second.said('done a 4 accepted');
  });

  it('has what a killed process had written', async () => {
    const [first, second] = pair();
    first.tell('once a');
    await first.said('publish a');
    first.tell('ack a 5');
    await first.said('done a 5 accepted');
    second.tell('once a');
    // The other one only gets to it when it is written.
    await second.said('done a 5 accepted', 'done a 5 duplicate');
    await Promise.all([first.kill(), second.kill()]);
    const dedupe = await open(dir);
    expect(await dedupe.once(event('a'), () => expect.fail('published again'))).to.deep.equal({
      placement: placed(5),
      duplicate: true,
      contentDiffers: false,
    });
    await dedupe.close();
  });

  it('publishes each of many twins once, whoever gets it', async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `evt_${n}`);
    for (const id of ids) for (const worker of workers) worker.tell(`once ${id}`);
    const [first, second] = pair();
    const isPublished = (worker: Worker, id: string) => worker.lines.includes(`publish ${id}`);
    await Promise.all(
      ids.map(async (id) => {
        await Promise.race(workers.map((worker) => worker.said(`publish ${id}`)));
      }),
    );
    for (const [n, id] of ids.entries()) for (const worker of workers) worker.tell(`ack ${id} ${n}`);
    const both = (id: string, n: number) =>
      workers.map((worker) => worker.said(`done ${id} ${n} accepted`, `done ${id} ${n} duplicate`));
    await Promise.all(ids.flatMap(both));
    for (const id of ids) expect(isPublished(first, id) && isPublished(second, id), id).to.equal(false);
  });
});
