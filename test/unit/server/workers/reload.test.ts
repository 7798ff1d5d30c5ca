import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../../src/config/load.js';
import type { Diagnostic } from '../../../../src/diagnostics/diagnostic.js';
import type { GatewayLog } from '../../../../src/server/telemetry/log.js';
import { createReloader, type SoundConfig } from '../../../../src/server/workers/reload.js';

const accepted: Diagnostic = { rule: 'event-unbound', severity: 'warning', file: '/gateway.yaml', message: 'known' };

describe('a reload', () => {
  it('tells of warnings that are new, and not again of those that were there', async () => {
    const file = fileURLToPath(new URL('../../../cases/lint/good/gateway.yaml', import.meta.url));
    const env = JSON.parse(readFileSync(new URL('../../../cases/lint/good/env.json', import.meta.url), 'utf8'));
    const loaded = await loadConfig(file, env, Date.parse('2027-01-01T00:00:00Z'));
    const settings = loaded.settings ?? expect.fail();
    const config: SoundConfig = { ...loaded, settings, diagnostics: [accepted] };
    const written: unknown[] = [];
    const log = logTo(written);
    let next = [accepted];
    const reloader = createReloader(config, log, undefined, async () => ({ ...config, diagnostics: next }));
    await reloader.reload(() => undefined);
    expect(written).to.deep.equal(['configuration reloaded']);
    next = [accepted, { ...accepted, message: 'new' }];
    await reloader.reload(() => undefined);
    await reloader.reload(() => undefined);
    expect(written.slice(1)).to.deep.equal([
      'warning about the configuration: new',
      'configuration reloaded',
      'configuration reloaded',
    ]);
  });
});

function logTo(written: unknown[]): GatewayLog {
  const write: GatewayLog['write'] = (_, message, { detail } = {}) =>
    written.push(detail === undefined ? message : `${message}: ${detail}`);
  const ignore = () => undefined;
  return {
    write,
    audit: ignore,
    outcome: ignore,
    rejection: ignore,
    clientError: ignore,
    bug: ignore,
    flush: ignore,
    level: 'info',
  };
}
