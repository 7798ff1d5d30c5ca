import { expect } from 'chai';
import type { KeyRequest } from '../../../../src/core/model.js';
import type { KeyAnswer } from '../../../../src/server/keys/fetch.js';
import { createKeySource } from '../../../../src/server/keys/source.js';

function requestFor(name: string): KeyRequest {
  return { id: name, url: `https://keys.example/${name}`, method: 'GET', headers: {} };
}

/** A key server under the test's control, and a clock. */
function setUp(answer: (url: string) => Promise<KeyAnswer> | KeyAnswer = () => ({ status: 200, text: 'key' })) {
  const clock = { now: 1_000_000 };
  const server = { answer, asked: 0 };
  const source = createKeySource({
    now: () => clock.now,
    fetch: async ({ url }) => {
      server.asked++;
      return server.answer(url);
    },
  });
  return { clock, server, source: { get: (request: KeyRequest, endpoint = 'mine') => source.get(request, endpoint) } };
}

const failing = () => Promise.reject(new Error('ETIMEDOUT'));

describe('keys of providers', () => {
  it('are fetched once for all who wait, and kept as the same object', async () => {
    const { server, source } = setUp();
    const documents = await Promise.all(Array.from({ length: 50 }, () => source.get(requestFor('a'))));
    expect(new Set([...documents, await source.get(requestFor('a'))]).size).to.equal(1);
    expect(documents[0]).to.deep.equal({ text: 'key' });
    expect(server.asked).to.equal(1);
  });

  it('are fetched again after five minutes, and are the same object if the text is', async () => {
    const { clock, server, source } = setUp();
    const first = await source.get(requestFor('a'));
    clock.now += 5 * 60_000;
    expect(await source.get(requestFor('a'))).to.equal(first);
    expect(server.asked).to.equal(2);
  });

  it('outlast an outage of a day, asked for every half minute', async () => {
    const { clock, server, source } = setUp();
    const first = await source.get(requestFor('a'));
    server.answer = failing;
    clock.now += 6 * 60_000;
    expect(await source.get(requestFor('a'))).to.equal(first);
    expect(await source.get(requestFor('a'))).to.equal(first);
    expect(server.asked).to.equal(2);
    clock.now += 24 * 60 * 60_000;
    expect(await source.get(requestFor('a'))).to.equal(undefined);
  });

  for (const status of [500, 503, 429]) {
    it(`are unavailable after ${status}, for half a minute`, async () => {
      const { clock, server, source } = setUp(() => ({ status, text: 'oops' }));
      expect(await source.get(requestFor('a'))).to.equal(undefined);
      expect(await source.get(requestFor('a'))).to.equal(undefined);
      expect(server.asked).to.equal(1);
      server.answer = () => ({ status: 200, text: 'key' });
      clock.now += 30_000;
      expect(await source.get(requestFor('a'))).to.deep.equal({ text: 'key' });
    });
  }

  for (const status of [301, 302, 307, 404, 403, 204]) {
    it(`are none after ${status}`, async () => {
      const { source } = setUp(() => ({ status, text: 'key' }));
      expect(await source.get(requestFor('a'))).to.deep.equal({ text: '' });
    });
  }

  it('cannot be asked for without end by strangers', async () => {
    const { clock, server, source } = setUp();
    for (let index = 0; index < 1000; index++) await source.get(requestFor(`k${index}`));
    expect(server.asked).to.equal(30);
    expect(await source.get(requestFor('k0'))).to.deep.equal({ text: 'key' });
    clock.now += 60_000;
    expect(await source.get(requestFor('k999'))).to.deep.equal({ text: 'key' });
  });

  it('are not asked for by more than four at once, of those that were not there before', async () => {
    const { server, source } = setUp(() => new Promise(() => undefined));
    const waiting = Array.from({ length: 20 }, (_, index) => source.get(requestFor(`k${index}`)));
    await Promise.all(waiting.slice(4));
    expect(server.asked).to.equal(4);
  });

  describe('while a stranger names key after key', () => {
    const honest = requestFor('honest');
    const isHonest = (url: string) => url.endsWith('/honest');

    for (const [how, junk] of [
      ['that are refused', () => ({ status: 404, text: '' })],
      ['whose server hangs', () => new Promise<KeyAnswer>(() => undefined)],
      ['whose server fails', failing],
    ] as const) {
      it(`${how}: those that were there stay, for a day and longer`, async () => {
        const { clock, source } = setUp((url) => (isHonest(url) ? { status: 200, text: 'key' } : junk()));
        expect(await source.get(honest)).to.deep.equal({ text: 'key' });
        for (let index = 0; index < 3000; index++) {
          const asked = source.get(requestFor(`junk${index}`));
          if (how !== 'whose server hangs') await asked;
          if (index % 2 === 0) clock.now += 60_000;
          expect(await source.get(honest), `after ${index}`).to.deep.equal({ text: 'key' });
        }
      });

      it(`${how}: a new one of another endpoint can be had`, async () => {
        const { clock, source } = setUp((url) => (isHonest(url) ? { status: 200, text: 'key' } : junk()));
        for (let index = 0; index < 1000; index++) {
          const asked = source.get(requestFor(`junk${index}`), 'other');
          if (how !== 'whose server hangs') await asked;
          clock.now += 500;
        }
        expect(await source.get(honest)).to.deep.equal({ text: 'key' });
      });
    }

    it('those that were there outlast an outage of their own server', async () => {
      const { clock, server, source } = setUp();
      await source.get(honest);
      server.answer = failing;
      for (let minute = 0; minute < 23 * 60; minute++) {
        clock.now += 60_000;
        await source.get(requestFor(`junk${minute}`));
        expect(await source.get(honest)).to.deep.equal({ text: 'key' });
      }
    });

    it('one that is refused is none any more', async () => {
      const { clock, server, source } = setUp();
      await source.get(honest);
      server.answer = () => ({ status: 404, text: '' });
      clock.now += 6 * 60_000;
      expect(await source.get(honest)).to.deep.equal({ text: '' });
    });
  });
});
