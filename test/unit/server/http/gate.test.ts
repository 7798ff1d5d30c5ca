import { expect } from 'chai';
import sinon from 'sinon';
import { Rejection } from '../../../../src/core/rejection.js';
import { Gate } from '../../../../src/server/http/gate.js';

const mebibyte = 1024 ** 2;
const speed = { bodyTimeout: 10_000, bodyRate: 1024 };

describe('the gate', () => {
  let clock: sinon.SinonFakeTimers;
  let reports: object[];
  let gate: Gate;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    reports = [];
    gate = new Gate(
      { body: mebibyte, ...speed, inFlight: 2 },
      (refused, fields) => void reports.push({ refused, ...fields }),
    );
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

  /** A delivery whose body is complete. */
  function begin() {
    const place = gate.enter();
    place.begin();
    return place;
  }

  /** A body that is arriving; `given`: why it was given up. */
  function arrive(bytes: number, client = '', endpoint = 'acme') {
    const arriving = { place: gate.enter(endpoint, () => client), given: [] as string[] };
    arriving.place.giveUp = (code) => void arriving.given.push(code);
    return { ...arriving, taken: arriving.place.hold(bytes) };
  }

  it('has as many places as it says, and takes another number at once', () => {
    const place = begin();
    begin();
    expect(isOpen()).to.equal(false);
    place.leave();
    expect(isOpen()).to.equal(true);
    gate.limits = { body: mebibyte, ...speed, inFlight: 1 };
    expect(isOpen()).to.equal(false);
  });

  it('bounds the bytes that are held', () => {
    const place = gate.enter();
    expect(place.hold(63 * mebibyte)).to.equal(true);
    const rest = gate.enter();
    rest.hold(mebibyte);
    place.begin();
    rest.leave();
    const other = gate.enter();
    expect(other.hold(2 * mebibyte)).to.equal(false);
    other.leave();
    expect(isOpen()).to.equal(true);
    const last = gate.enter();
    last.hold(mebibyte);
    last.begin();
    expect(isOpen()).to.equal(false);
    place.leave();
    expect(isOpen()).to.equal(true);
  });

  it('lets one body of the largest size in, however large that is', () => {
    gate.limits = { body: 100 * mebibyte, ...speed, inFlight: 1 };
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
    const place = gate.enter();
    place.hold(10);
    place.begin();
    begin();
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

  it('lets bodies that are arriving take no place of those that are complete', () => {
    for (let n = 0; n < 2_000; n++) arrive(100);
    expect([gate.arriving, gate.inFlight]).to.deep.equal([2_000, 0]);
    expect(isOpen()).to.equal(true);
    begin();
    begin();
    expect(isOpen()).to.equal(false);
  });

  it('refuses a body that is complete when all places are taken', () => {
    const place = gate.enter();
    begin();
    const other = begin();
    expect(() => place.begin())
      .to.throw(Rejection)
      .with.property('code', 'overloaded');
    place.leave();
    other.leave();
    begin();
    expect(gate.inFlight).to.equal(2);
  });

  it('gives up bodies that come too slowly, or for too long', () => {
    const still = arrive(10);
    const steady = arrive(10);
    const drip = arrive(10);
    for (let second = 1; second <= 9; second++) {
      steady.place.hold(1_100);
      drip.place.hold(1);
      clock.tick(1_000);
      expect(still.given, `${second} s`).to.deep.equal(second < 3 ? [] : ['body_too_slow']);
      expect(drip.given, `${second} s`).to.deep.equal(second < 3 ? [] : ['body_too_slow']);
    }
    expect(steady.given).to.deep.equal([]);
    clock.tick(1_000);
    expect(steady.given).to.deep.equal(['body_timeout']);
    expect(gate.arriving).to.equal(0);
  });

  it('gives up a hundred at a time', () => {
    const all = Array.from({ length: 250 }, () => arrive(1));
    const count = () => all.filter(({ given }) => given.length > 0).length;
    clock.tick(3_000);
    expect(count()).to.equal(100);
    clock.tick(100);
    expect(count()).to.equal(200);
    clock.tick(100);
    expect(count()).to.equal(250);
  });

  it('blames no sender for bytes that a late event loop has not read', () => {
    const arriving = arrive(10);
    clock.tick(2_800);
    clock.jump(900);
    expect(arriving.given).to.deep.equal([]);
    clock.tick(3_000);
    expect(arriving.given).to.deep.equal(['body_too_slow']);
  });

  it('gives up the oldest bodies when memory runs short, and takes the new one', () => {
    const senders = Array.from({ length: 64 }, (_, n) => arrive(mebibyte - 1, `192.0.2.${n}`, `endpoint ${n}`));
    const honest = arrive(1_000);
    expect([honest.taken, honest.given]).to.deep.equal([true, []]);
    const given = senders.map(({ given }) => given.length);
    expect(given.indexOf(0)).to.be.within(8, 10);
    expect(given.lastIndexOf(1)).to.equal(given.indexOf(0) - 1);
  });

  it('takes it from the sender that has most', () => {
    const quiet = arrive(mebibyte, '192.0.2.1');
    const greedy = Array.from({ length: 63 }, () => arrive(mebibyte - 1, '192.0.2.2'));
    const honest = arrive(2_000, '192.0.2.3');
    expect([honest.taken, honest.given, quiet.given]).to.deep.equal([true, [], []]);
    expect(greedy.filter(({ given }) => given.length > 0).length).to.be.within(8, 10);
  });

  it('takes it from the endpoint that has most, if no sender has', () => {
    const quiet = arrive(mebibyte, '192.0.2.200', 'other');
    for (let n = 0; n < 63; n++) arrive(mebibyte - 1, `192.0.2.${n}`);
    const honest = arrive(2_000, '192.0.2.201', 'other');
    expect([honest.taken, honest.given, quiet.given]).to.deep.equal([true, [], []]);
  });

  it('is open however much is arriving', () => {
    arrive(mebibyte * 64);
    expect(isOpen()).to.equal(true);
  });
});
