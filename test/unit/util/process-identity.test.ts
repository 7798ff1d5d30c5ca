import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { isAlive, startOf } from '../../../src/util/process-identity.js';

describe('the identity of a process', () => {
  it('tells a living process from one that has ended', () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    expect([isAlive(process.pid), isAlive(process.pid, startOf(process.pid)), isAlive(ended)]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it('tells a process from an earlier one of the same id, where the system says when it was started', () => {
    const start = startOf(process.pid);
    expect(isAlive(process.pid, (start ?? 1) - 1)).to.equal(start === undefined);
  });
});
