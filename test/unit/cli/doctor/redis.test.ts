import { expect } from 'chai';
import { judgeLoss, judgeMemory, readInfo } from '../../../../src/cli/doctor/redis.js';

describe('doctor: what Redis says of itself', () => {
  const info = (lines: readonly string[]) => readInfo(`# Memory\r\n${lines.join('\r\n')}\r\n`);

  it('is read line by line', () => {
    expect([...info(['used_memory:1', 'executable:/usr/bin/x:y', 'empty:'])]).to.deep.equal([
      ...[
        ['used_memory', '1'],
        ['executable', '/usr/bin/x:y'],
        ['empty', ''],
      ],
    ]);
  });

  it('has room for so many events', () => {
    const facts = info(['used_memory:1000000000', 'maxmemory:4400000000', 'maxmemory_policy:noeviction']);
    expect(judgeMemory('m', facts)).to.deep.equal({
      id: 'm',
      status: 'ok',
      message: 'room for 14.8 million events (230 bytes each), maxmemory 4.1 GiB, maxmemory-policy noeviction',
    });
  });

  it('must not throw events away', () => {
    const facts = info(['used_memory:1', 'maxmemory:1000', 'maxmemory_policy:allkeys-lru']);
    expect(judgeMemory('m', facts)).to.include({ status: 'fail' });
    const endless = info(['used_memory:1', 'maxmemory:0', 'total_system_memory:9', 'maxmemory_policy:allkeys-lru']);
    expect(judgeMemory('m', endless), 'it never comes to that').to.include({ status: 'ok' });
  });

  it('should survive its end', () => {
    expect(judgeLoss('l', info(['aof_enabled:0', 'connected_slaves:0']))).to.include({ status: 'warn' });
    expect(judgeLoss('l', info(['aof_enabled:1', 'connected_slaves:2']))).to.deep.equal({
      id: 'l',
      status: 'ok',
      message: 'it has an append-only file and 2 replicas of Redis',
    });
  });
});
