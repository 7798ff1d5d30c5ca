import { expect } from 'chai';
import { Rejection } from '../../../../src/core/rejection.js';
import { createLog, type GatewayLog } from '../../../../src/server/telemetry/log.js';
import { delivery, endpoint } from '../../../support/provider.js';

describe('the log', () => {
  let lines: string[];
  let log: GatewayLog;

  beforeEach(() => {
    lines = [];
    log = createLog('info', { write: (line: string) => void lines.push(line) });
  });

  it('sums up handshakes: whoever asks for them can ask without end', () => {
    const handshake = { status: 200, type: 'text/plain', body: 'x' };
    for (let n = 0; n < 1_000; n++) log.outcome(endpoint(), delivery({}), { accepted: [], rejected: [], handshake });
    log.flush();
    expect(lines.map((line): object => JSON.parse(line))).to.satisfy(
      (all: readonly { msg: string; repeated?: number }[]) =>
        all.length === 2 && all.every(({ msg }) => msg === 'handshake answered') && all[1]?.repeated === 999,
    );
  });

  it('has room for faults of its own, whatever strangers do', () => {
    for (let n = 0; n < 3_000; n++) {
      log.rejection(new Rejection('media_type_unsupported'), { endpoint: `e${n}` });
    }
    const before = lines.length;
    expect(before).to.equal(501);
    log.write('error', 'the spool cannot be used', { folder: '/x' });
    expect(lines.slice(before)).to.have.length(1);
    log.flush();
  });
});
