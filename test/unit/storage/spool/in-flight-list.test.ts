import { expect } from 'chai';
import fc from 'fast-check';
import { InFlightList, type Lined } from '../../../../src/storage/spool/in-flight-list.js';

describe('what is under way', () => {
  it('is known in the order in which it came, whatever leaves, and whenever', () => {
    const steps = fc.array(fc.oneof(fc.constant('come' as const), fc.constant('clear' as const), fc.nat(30)), {
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (taken) => {
        const line = new InFlightList<Lined>();
        const all: Lined[] = [];
        let inside: Lined[] = [];
        for (const step of taken) {
          if (step === 'come') {
            const item = {};
            all.push(item);
            inside.push(item);
            line.add(item);
          } else if (step === 'clear') {
            expect(line.clear()).to.deep.equal(inside);
            inside = [];
          } else {
            const item = all[step] ?? {};
            line.delete(item);
            inside = inside.filter((other) => other !== item);
          }
          expect(line.size).to.equal(inside.length);
          expect(line.first).to.equal(inside[0]);
        }
      }),
    );
  });
});
