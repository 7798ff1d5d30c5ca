import { expect } from 'chai';
import { examineRunning } from '../../../src/doctor/running.js';

describe('doctor: the gateway that runs', () => {
  const where = 'http://127.0.0.1:8001';
  const sound = { ready: true, spoolFull: false, spoolUnusable: false, dedupeUsable: true };
  const examine = (status: unknown) => examineRunning(where, async () => status);

  it('is well if it says so', async () => {
    expect(await examine(sound)).to.deep.equal([
      { id: 'running', status: 'ok', message: `the gateway at ${where} is ready` },
    ]);
    const { dedupeUsable: _, ...withoutWindow } = sound;
    expect((await examine(withoutWindow))[0]).to.include({ status: 'ok' });
  });

  for (const [change, message] of [
    [{ dedupeUsable: false }, /: it cannot read or write the dedupe window/],
    [{ dedupeStoreUsable: false }, /: it cannot use Redis/],
    [{ spoolUnusable: true }, /: it cannot use the spool/],
    [{ spoolFull: true }, /: its spool is full/],
  ] as const) {
    it(`says what it cannot do: ${JSON.stringify(change)}`, async () => {
      const [finding] = await examine({ ...sound, ...change });
      expect(finding).to.include({ id: 'running', status: 'fail' });
      expect(finding?.message).to.match(message);
    });
  }

  it('is not always ready', async () => {
    expect((await examine({ ...sound, ready: false }))[0]).to.include({ status: 'warn' });
  });

  it('is no finding where none answers, or something else', async () => {
    expect(await examineRunning(where, () => Promise.reject(new Error('ECONNREFUSED')))).to.deep.equal([]);
    for (const other of [undefined, null, 'ready', {}, []]) expect(await examine(other)).to.deep.equal([]);
  });
});
