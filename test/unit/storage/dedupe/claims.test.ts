import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Claims, openClaims } from '../../../../src/storage/dedupe/claims.js';
import { openFolder } from '../../../../src/storage/dedupe/folder.js';
import { claimKey } from '../../../../src/storage/dedupe/keys.js';
import { Quota } from './quota.js';
import { HeldClock, keys } from './support.js';

describe('claims', () => {
  let dir: string;
  let clock: HeldClock;
  const opened: Claims[] = [];
  const key = claimKey(keys('a'));

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    clock = new HeldClock();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((claims) => claims.close()));
    await rm(dir, { recursive: true, force: true });
  });

  async function start(fileBytes?: number, folder = openFolder(dir)): Promise<Claims> {
    const claims = await openClaims(folder, clock, fileBytes);
    opened.push(claims);
    return claims;
  }

  function take(claims: Claims, wanted = key, hung?: string): string {
    const claim = claims.take(wanted, hung);
    if (!('mark' in claim)) throw new Error('held');
    return claim.mark;
  }

  it('gives an event to one of several, and to another when it is given up', async () => {
    const [first, second] = [await start(), await start()];
    const mark = take(first);
    expect(second.take(key)).to.deep.equal({ holder: mark });
    expect(second.isHeld(key, mark)).to.equal(true);
    first.release([{ key, mark }]);
    expect(second.isHeld(key, mark)).to.equal(false);
    expect(first.take(key)).to.have.property('mark');
    const late = await start();
    expect(late.take(key)).to.have.property('holder');
  });

  it('gives up only the claim that it was given', async () => {
    const [first, second] = [await start(), await start()];
    const hung = take(first);
    const mark = take(second, key, hung);
    first.release([{ key, mark: hung }]);
    expect(first.isHeld(key, mark)).to.equal(true);
    second.release([{ key, mark }]);
    expect(first.isHeld(key, mark)).to.equal(false);
  });

  it('lets one of two take over from a third', async () => {
    const [first, second, third] = [await start(), await start(), await start()];
    const hung = take(first);
    const mark = take(second, key, hung);
    expect(third.take(key, hung)).to.deep.equal({ holder: mark });
    expect(first.isHeld(key, mark)).to.equal(true);
  });

  it('agrees over many files, of which it keeps two', async () => {
    const all = [await start(400), await start(400), await start(400)];
    for (let n = 0; n < 100; n++) {
      const each = claimKey(keys(String(n)));
      const takers = all.map((_, index) => all[(n + index) % all.length] ?? expect.fail());
      const [mark, ...others] = takers.map((claims) => claims.take(each));
      if (mark === undefined || !('mark' in mark)) return expect.fail('not free');
      for (const other of others) expect(other).to.deep.equal({ holder: mark.mark });
      await start(400);
      if (n % 3 > 0) takers[0]?.release([{ key: each, mark: mark.mark }]);
    }
    expect(readdirSync(dir)).to.have.length(2);
  });

  it('takes over from a process that is no more, though another has its id', async () => {
    const [first, second] = [await start(), await start()];
    const bytes = Buffer.from(take(first), 'latin1');
    // The same process, started at another time.
    bytes.writeUInt32LE((bytes.readUInt32LE(4) + 1) % 2 ** 32, 4);
    const other = bytes.toString('latin1');
    expect(second.isHeld(key, other)).to.equal(false);
  });

  it('takes what a full disk kept it from giving up', async () => {
    const quota = new Quota(openFolder(dir));
    const claims = await start(undefined, quota);
    const mark = take(claims);
    quota.left = 7;
    expect(() => claims.release([{ key, mark }])).to.throw('no space');
    quota.left = Number.POSITIVE_INFINITY;
    const next = take(claims);
    expect(next).to.not.equal(mark);
    expect((await start()).take(key)).to.deep.equal({ holder: next });
  });
});
