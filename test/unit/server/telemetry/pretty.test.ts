import { expect } from 'chai';
import { prettyStream } from '../../../../src/server/telemetry/log.js';

describe('the log on a terminal', () => {
  function print(hasColors: boolean, line?: string): string {
    let text = '';
    const write = (written: unknown) => {
      text += String(written);
      return true;
    };
    prettyStream({ write, hasColors: () => hasColors }).write(
      line ?? '{"level":"info","time":"2026-01-02T03:04:05.678Z","msg":"listening","url":"http://x","workers":2}\n',
    );
    return text;
  }

  it('is one line for people', () => {
    expect(print(false)).to.equal('03:04:05 info  listening url=http://x workers=2\n');
  });

  it('has colours where the terminal shows them', () => {
    expect(print(true)).to.include('\u001b[32minfo');
  });

  it('does nothing that an event says', () => {
    const event = 'evt_\u001b[31mRED\u001b]0;pwned\u0007\u009b\u202e\nFAKE';
    const fields = { event, [event]: [event], stack: `Error: ${event}` };
    const text = print(
      false,
      JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', msg: event, ...fields }),
    );
    expect(text).not.to.match(/[^\P{Cc}\n]|\u202e/u);
    // One line, and the two of the stack.
    expect(text.trimEnd().split('\n')).to.have.length(3);
  });
});
