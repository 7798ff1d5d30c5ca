import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { packageRoot } from '../../src/util/package-root.js';
import { besiege, isBroken } from '../attack/besiege.js';
import { formatVerdict } from '../attack/report.js';

const requests = 30_000;

describe('the gateway under attack', function () {
  this.timeout(600_000);

  it(`keeps its bounds over ${requests} hostile requests, and honest ones have their answers`, async () => {
    const verdict = await besiege({
      root: packageRoot,
      requests,
      seed: 1,
      plugins: [],
      kinds: /./,
      parent: existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
      signal: new AbortController().signal,
    });
    expect(verdict.findings.filter(isBroken), formatVerdict(verdict)).to.deep.equal([]);
    expect(verdict.tally.honestSent).to.be.above(requests / 20);
  });
});
