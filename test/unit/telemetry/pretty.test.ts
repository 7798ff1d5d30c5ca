import { expect } from 'chai';
import { prettyStream } from '../../../src/telemetry/pretty.js';

describe('the log on a terminal', () => {
  function print(hasColors: boolean): string {
    let text = '';
    const write = (written: unknown) => {
      text += String(written);
      return true;
    };
    prettyStream({ write, hasColors: () => hasColors }).write(
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","msg":"listening","url":"http://x","workers":2}\n',
    );
    return text;
  }

  it('is one line for people', () => {
    expect(print(false)).to.equal('03:04:05 info  listening url=http://x workers=2\n');
  });

  it('has colours where the terminal shows them', () => {
    expect(print(true)).to.include('\u001b[32minfo');
  });
});
