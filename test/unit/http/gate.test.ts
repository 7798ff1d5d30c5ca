import { expect } from 'chai';
import sinon from 'sinon';
import { Gate } from '../../../src/http/gate.js';
import { Rejection } from '../../../src/rejection.js';

const mebibyte = 1024 ** 2;

describe('the gate', () => {
  let clock: sinon.SinonFakeTimers;
  let reports: object[];
  let gate: Gate;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    reports = [];
    gate = new Gate({ body: mebibyte, inFlight: 2 }, (refused, fields) => void reports.push({ refused, ...fields }));
  });
  afterEach(() => {
    gate.close();
    clock.restore();
  });

  function isOpen(): boolean {
    const { open } = gate;
    try {
      gate.enter().leave();
      expect(open).to.equal(true);
      return true;
    } catch (error) {
      expect(error).to.be.instanceOf(Rejection).with.property('code', 'overloaded');
      expect(open).to.equal(false);
      return false;
    }
  }

  it('has as many places as it says, and takes another number at once', () => {
    const place = gate.enter();
    gate.enter();
    expect(isOpen()).to.equal(false);
    place.leave();
    expect(isOpen()).to.equal(true);
    gate.limits = { body: mebibyte, inFlight: 1 };
    expect(isOpen()).to.equal(false);
  });

  it('bounds the bytes that are held', () => {
    const place = gate.enter();
    expect(place.hold(63 * mebibyte)).to.equal(true);
    const other = gate.enter();
    expect(other.hold(2 * mebibyte)).to.equal(false);
    other.leave();
    expect(isOpen()).to.equal(true);
    place.hold(mebibyte);
    expect(isOpen()).to.equal(false);
    place.leave();
    expect(isOpen()).to.equal(true);
  });

  it('lets one body of the largest size in, however large that is', () => {
    gate.limits = { body: 100 * mebibyte, inFlight: 1 };
    expect(gate.enter().hold(100 * mebibyte)).to.equal(true);
  });

  it('closes while the event loop is late again and again', () => {
    expect(isOpen()).to.equal(true);
    clock.jump(700);
    expect(isOpen()).to.equal(true);
    clock.jump(700);
    expect(isOpen()).to.equal(false);
    clock.tick(100);
    expect(isOpen()).to.equal(true);
  });

  it('sums up what it refused, once a second', () => {
    gate.enter().hold(10);
    gate.enter();
    for (let n = 0; n < 5; n++) isOpen();
    clock.tick(1000);
    expect(reports).to.deep.equal([{ refused: 5, inFlight: 2, bytes: 10 }]);
    clock.tick(2000);
    expect(reports).to.have.length(1);
  });

  it('looks at nothing while nobody comes', () => {
    expect(clock.countTimers()).to.equal(0);
    const place = gate.enter();
    clock.tick(2000);
    expect(clock.countTimers()).to.equal(1);
    place.leave();
    clock.tick(1000);
    expect(clock.countTimers()).to.equal(0);
    expect(isOpen()).to.equal(true);
    expect(clock.countTimers()).to.equal(1);
  });
});
