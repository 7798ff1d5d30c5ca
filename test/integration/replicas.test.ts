import { expect } from 'chai';
import { proveReplicas } from '../replicas/prove.js';
import { describeWith } from '../support/tool.js';

const small = { replicas: 2, atOnce: 32, apart: 20, later: 500, every: 1_500, away: 700 };

describeWith(['redis-server'], 'two gateways that share a Redis', (redisServer) => {
  it('publish each of 1,000 events once, though each comes to both at once and again later', async function () {
    this.timeout(120_000);
    const verdict = await proveReplicas({ ...small, redisServer, events: 1_000, faults: [] });
    expect(verdict).to.include({ events: 1_000, missing: 0, unexplained: 0, misplaced: 0 });
    expect(verdict.answers).to.have.all.keys('accepted', 'duplicate');
    // Where this machine has no time for Redis, records say so; with time for it, there are none.
    expect(verdict.extra).to.be.at.most(verdict.local);
    expect(verdict.local).to.be.below(500);
  });

  it('lose none, and publish none twice without a reason, while Redis is killed and silent', async function () {
    this.timeout(120_000);
    const verdict = await proveReplicas({ ...small, redisServer, events: 1_000, faults: ['redis'] });
    expect(verdict).to.include({ events: 1_000, missing: 0, unexplained: 0, misplaced: 0 });
  });
});
