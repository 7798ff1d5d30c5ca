import { expect } from 'chai';
import { assert, double, integer, property, string, stringMatching, uuid } from 'fast-check';
import {
  createSampler,
  createSpanId,
  formatTraceparent,
  parseTraceparent,
  readSender,
} from '../../../../src/server/telemetry/trace-context.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const traceId = stringMatching(/^[\da-f]{32}$/).filter((id) => !/^0+$/.test(id));
const spanId = stringMatching(/^[\da-f]{16}$/).filter((id) => !/^0+$/.test(id));

describe('traceparent', () => {
  it('is read as it was written', () => {
    assert(
      property(traceId, spanId, integer({ min: 0, max: 255 }), (traceId, spanId, flags) => {
        const context = { traceId, spanId, flags };
        expect(parseTraceparent(formatTraceparent(context))).to.deep.equal(context);
      }),
    );
  });

  it('of a later version gives the fields that are known', () => {
    assert(
      property(stringMatching(/^[\da-f]{2}$/), string({ maxLength: 20 }), (version, rest) => {
        const known = { traceId: trace, spanId: span, flags: 1 };
        const isLater = version !== '00' && version !== 'ff';
        const head = `${version}-${trace}-${span}-01`;
        expect(parseTraceparent(head)).to.deep.equal(version === 'ff' ? undefined : known);
        expect(parseTraceparent(`${head}-${rest}`)).to.deep.equal(isLater ? known : undefined);
        if (!rest.startsWith('-') && rest !== '') expect(parseTraceparent(head + rest)).to.equal(undefined);
      }),
    );
  });

  it('is never read where the recommendation forbids it', () => {
    const bad = {
      empty: '',
      'upper case': `00-${trace.toUpperCase()}-${span}-01`,
      'trace of zeros': `00-${'0'.repeat(32)}-${span}-01`,
      'span of zeros': `00-${trace}-${'0'.repeat(16)}-01`,
      'version ff': `ff-${trace}-${span}-01`,
      'no flags': `00-${trace}-${span}`,
      'more than version 00 has': `00-${trace}-${span}-01-00`,
      'a dash at the end': `00-${trace}-${span}-01-`,
      'space around': ` 00-${trace}-${span}-01`,
      'line break': `00-${trace}-${span}-01\n`,
      'other separator': `00_${trace}_${span}_01`,
      'short trace': `00-${trace.slice(1)}-${span}-01`,
    };
    for (const [what, text] of Object.entries(bad)) expect(parseTraceparent(text), what).to.equal(undefined);
  });

  it('never throws, and gives nothing but ids of the right form', () => {
    assert(
      property(string({ maxLength: 80 }), (text) => {
        const context = parseTraceparent(text);
        if (context !== undefined) expect(formatTraceparent(context).slice(2)).to.equal(text.slice(2, 55));
      }),
    );
  });

  it('that is there twice is ignored', () => {
    const text = `00-${trace}-${span}-00`;
    expect(readSender({ traceparent: [text] })).to.deep.equal({ traceId: trace, spanId: span, flags: 0 });
    expect(readSender({ traceparent: [text, text] })).to.equal(undefined);
    expect(readSender({})).to.equal(undefined);
  });
});

describe('ids of spans', () => {
  it('are 16 digits, and each another', () => {
    const ids = Array.from({ length: 2_000 }, createSpanId);
    expect(new Set(ids).size).to.equal(2_000);
    for (const id of ids) expect(id).to.match(/^[\da-f]{16}$/);
  });
});

describe('sampling', () => {
  const ratio = double({ min: 0, max: 1, noNaN: true });
  const id = uuid({ version: 4 }).map((text) => text.replaceAll('-', ''));

  it('takes with a larger part all that it takes with a smaller one', () => {
    assert(
      property(ratio, ratio, id, (a, b, id) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        if (createSampler(less).samples(id)) expect(createSampler(more).samples(id)).to.equal(true);
      }),
    );
  });

  it('takes all with 1 and none with 0', () => {
    assert(
      property(id, (id) => {
        expect(createSampler(1).samples(id)).to.equal(true);
        expect(createSampler(0).samples(id)).to.equal(false);
      }),
    );
  });

  it('decides by the threshold that its tracestate says, over the last seven bytes', () => {
    assert(
      property(double({ min: 1e-9, max: 1, noNaN: true }), id, (ratio, id) => {
        const { samples, tracestate = '' } = createSampler(ratio);
        const [, digits = ''] = /^ot=th:([\da-f]{1,14})$/.exec(tracestate) ?? [];
        const threshold = BigInt(`0x${digits.padEnd(14, '0')}`);
        expect(samples(id)).to.equal(BigInt(`0x${id.slice(18)}`) >= threshold);
      }),
    );
  });

  it('writes thresholds as the specification has them', () => {
    expect(createSampler(1).tracestate).to.equal('ot=th:0');
    expect(createSampler(0.5).tracestate).to.equal('ot=th:8');
    expect(createSampler(0.25).tracestate).to.equal('ot=th:c');
    expect(createSampler(0.01).tracestate).to.match(/^ot=th:fd70a[34]/);
    expect(createSampler(0).tracestate).to.equal(undefined);
  });

  it('takes about that part of the ids that deliveries have', () => {
    const { samples } = createSampler(0.1);
    const taken = Array.from({ length: 20_000 }, () => crypto.randomUUID().replaceAll('-', '')).filter(samples);
    expect(taken.length).to.be.within(1_600, 2_400);
  });
});
