import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { readChoice, readDismiss, readEval, readFields, readReveal } from '../../../src/inspector/body.js';
import { Jobs } from '../../../src/inspector/jobs.js';
import { readAfter, readFilter, readPage } from '../../../src/inspector/query.js';
import { Refused } from '../../../src/inspector/respond.js';

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Refused) return `${error.status} ${error.reason}`;
    throw error;
  }
  return 'taken';
}

describe('a query of deliveries', () => {
  it('is read', () => {
    expect(
      readFilter({ endpoint: ['a', 'b'], outcome: 'refused', q: 'evt', from: '2026-01-02T03:04:05Z', type: '' }),
    ).to.deep.equal({
      endpoints: ['a', 'b'],
      outcomes: ['refused'],
      q: 'evt',
      from: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
    expect(readPage({})).to.deep.equal({ limit: 100, before: undefined });
    expect(readAfter({ after: '1.0.1' }, '2.0.5~3.1.7')).to.have.length(2);
    expect(readAfter({ after: '1.0.1' }, undefined)).to.deep.equal([{ time: 1, worker: 0, number: 1 }]);
  });

  for (const [what, query] of Object.entries({
    'an unknown outcome': { outcome: 'nonsense' },
    'a time that is none': { from: 'yesterday' },
    'a limit that is too high': { limit: '1001' },
    'a limit that is not a number': { limit: '1e3' },
    'two texts to search for': { q: ['a', 'b'] },
    'a text that is too long': { q: 'x'.repeat(501) },
    'a place that is none': { before: 'x' },
    'too many values': { type: Array.from({ length: 51 }, String) },
  }))
    it(`is refused: ${what}`, () =>
      expect(
        refusal(() => {
          readFilter(query);
          readPage(query);
        }),
      ).to.equal('400 invalid'));
});

describe('what a page sends', () => {
  const request = (body: string, headers: object = { 'content-type': 'application/json' }) =>
    Object.assign(Readable.from([Buffer.from(body)]), { headers }) as unknown as IncomingMessage;

  it('is a JSON object', async () => {
    expect(await readFields(request('{"a":1}'))).to.deep.equal({ a: 1 });
    for (const [body, headers] of [
      ['[]', undefined],
      ['{', undefined],
      ['{}', { 'content-type': 'text/plain' }],
      ['{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
      ['x'.repeat(1024 * 1024 + 1), undefined],
    ] as const)
      expect(
        await readFields(request(body, headers)).catch((error: unknown) =>
          error instanceof Refused ? error.status : error,
        ),
      ).to.equal(400);
  });

  it('has what is wanted of it', () => {
    expect(readReveal({ reason: '  case 4711 ' })).to.deep.equal({ reason: 'case 4711' });
    expect(refusal(() => readReveal({ reason: 'no' }))).to.equal('400 invalid');
    expect(readChoice({ ids: ['a'] })).to.deep.equal({ ids: ['a'] });
    expect(readChoice({ group: 'g' })).to.deep.equal({ group: 'g' });
    for (const choice of [{}, { ids: [] }, { ids: [1] }, { ids: ['a'], group: 'g' }, { ids: 'a' }, { group: '' }])
      expect(
        refusal(() => readChoice(choice)),
        JSON.stringify(choice),
      ).to.equal('400 invalid');
    expect(readDismiss({ group: 'g', note: 'why' })).to.deep.equal({ group: 'g', note: 'why' });
    expect(refusal(() => readDismiss({ group: 'g', note: 'x'.repeat(201) }))).to.equal('400 invalid');
    expect(readEval({ expression: 'a', json: '{}' })).to.deep.equal({ expression: 'a', json: '{}' });
    expect(readEval({ expression: 'a', endpoint: 'e', example: 'x' })).to.deep.equal({
      expression: 'a',
      endpoint: 'e',
      example: 'x',
    });
    for (const one of [
      {},
      { expression: 'a' },
      { expression: 'x'.repeat(10_001), json: '1' },
      { expression: 'a', json: 'x'.repeat(300_000) },
    ])
      expect(refusal(() => readEval(one))).to.equal('400 invalid');
  });
});

describe('a job', () => {
  const done = { selected: 2, done: 2, replayed: 1, published: 1, duplicates: 0, topics: {}, failing: 1, changes: [] };

  /** A helper that is told when to end. */
  function helper() {
    const ends: ((value: unknown) => void)[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const run = (
      _name: string,
      _give: object,
      { onProgress, signal }: { onProgress?: (value: unknown) => void; signal?: AbortSignal } = {},
    ) => {
      signals.push(signal);
      onProgress?.({ ...done, done: 1 });
      return new Promise((resolve, reject) =>
        ends.push((value) => (value instanceof Error ? reject(value) : resolve(value))),
      );
    };
    return { jobs: new Jobs({ run: run as never }), end: (value: unknown) => ends.shift()?.(value), signals };
  }
  const turn = () => new Promise(setImmediate);

  it('says how far it is, and what came of it', async () => {
    const { jobs, end } = helper();
    const { job } = jobs.start('dry-run', { group: 'g' });
    expect(jobs.get(job)).to.include({ state: 'running', done: 1 });
    end(done);
    await turn();
    expect(jobs.get(job)).to.include({ state: 'done', done: 2, failing: 1 });
  });

  it('is one replay at a time', async () => {
    const { jobs, end } = helper();
    const ended: string[] = [];
    jobs.start('replay', { group: 'g' }, ({ state }) => ended.push(state));
    expect(refusal(() => jobs.start('replay', { group: 'g' }))).to.equal('409 busy');
    expect(refusal(() => jobs.start('dry-run', { group: 'g' }))).to.equal('taken');
    end(new Error('Kafka is unavailable'));
    await turn();
    expect(ended).to.deep.equal(['failed']);
    expect(refusal(() => jobs.start('replay', { group: 'g' }))).to.equal('taken');
  });

  it('can be stopped', async () => {
    const { jobs, end, signals } = helper();
    const { job } = jobs.start('replay', { ids: ['a'] });
    jobs.stop(job);
    expect(signals[0]?.aborted).to.equal(true);
    end(done);
    await turn();
    expect(jobs.get(job).state).to.equal('stopped');
    expect(refusal(() => jobs.get('nobody'))).to.equal('404 not_found');
  });

  it('is forgotten when there are many, unless it runs', async () => {
    const { jobs, end } = helper();
    const first = jobs.start('replay', { ids: ['a'] });
    const all = Array.from({ length: 19 }, () => jobs.start('dry-run', { ids: ['a'] }));
    expect(refusal(() => jobs.start('dry-run', { ids: ['a'] }))).to.equal('503 busy');
    end(done);
    await turn();
    jobs.start('dry-run', { ids: ['a'] });
    expect(refusal(() => jobs.get(first.job))).to.equal('404 not_found');
    expect(jobs.get(all[0]?.job ?? '').state).to.equal('running');
  });
});
