import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { bundleSimulation } from '../simulation/bundle.js';

describe('delivery under simulated faults', () => {
  it('keeps its promises in 3,000 schedules', async () => {
    const file = await bundleSimulation(process.cwd());
    // Where each line is counted for the coverage, it takes half as long again.
    const { NODE_V8_COVERAGE: _, ...env } = process.env;
    try {
      const run = promisify(execFile)(process.execPath, [file, '--schedules', '3000'], { env });
      const { stdout } = await run.catch((error: { stdout: string }) => error);
      const lines = stdout.trim().split('\n');
      expect(lines.slice(0, -1), 'replay: npm run simulate-faults -- --seed SEED').to.deep.equal([]);
      const report: { readonly [name: string]: number } = JSON.parse(lines.at(-1) ?? '');
      expect(report.schedules).to.equal(3_000);
      expect(report.acknowledged).to.be.greaterThan(200_000);
      expect(report.duplicates).to.be.greaterThan(50_000);
      for (const name of ['crashes', 'stops', 'vanished']) expect(report[name], name).to.be.greaterThan(1_500);
      expect(report.damages).to.be.greaterThan(200);
    } finally {
      await rm(dirname(file), { recursive: true, force: true });
    }
  }).timeout(180_000);
});
