import { expect } from 'chai';
import type { RouteHits } from '../../../../src/inspector/contract.js';
import { curve, describeHits, drawRoutes } from '../../../../src/inspector/pages/state/route-map.js';

const route = (topic: string, hits: number, over: Partial<RouteHits> = {}): RouteHits => ({
  endpoint: 'e',
  provider: 'p',
  events: ['charge.*'],
  types: [],
  topic,
  hits,
  reachable: true,
  of: 'endpoint',
  place: { file: 'gateway.yaml', line: 1 },
  ...over,
});

describe('the drawing of the routes', () => {
  const { left, right, edges, height, start } = drawRoutes([
    route('a', 1_000),
    route('b', 0),
    route('a', 10, { events: ['*'] }),
    route('c', 0, { reachable: false }),
  ]);

  it('has a label for each route and each topic, in their order, evenly', () => {
    expect(left.map(({ text }) => text)).to.deep.equal(['charge.*', 'charge.*', 'every type', 'charge.*']);
    expect(right.map(({ text }) => text)).to.deep.equal(['a', 'b', 'c']);
    expect(left.map(({ y }) => y / height)).to.deep.equal([0.125, 0.375, 0.625, 0.875]);
  });
  it('a line for each route: wide where much has gone, another where nothing has or can', () => {
    expect(edges.map(({ state }) => state)).to.deep.equal(['taken', 'unused', 'taken', 'dead']);
    const [most = 0, none = 0, some = 0] = edges.map(({ width }) => width);
    expect(most).to.be.greaterThan(some);
    expect(some).to.be.greaterThan(none);
    expect(edges[2]?.to).to.equal(edges[0]?.to);
  });
  it('says it in words', () => {
    expect(describeHits({ hits: 3, reachable: true })).to.equal('3 since the start');
    expect(describeHits({ hits: 0, reachable: true })).to.equal('no event since the start');
    expect(describeHits({ hits: 0, reachable: false })).to.equal('dead: no event can reach it');
  });
  it('leaves room for the longest label', () => {
    expect(start).to.be.greaterThan(drawRoutes([route('a', 0, { events: ['x'] })]).start);
    expect(curve({ from: 10, to: 20 }, 0, 100)).to.equal('M0 10C50 10 50 20 100 20');
    expect(drawRoutes([])).to.deep.include({ edges: [], height: 0 });
  });
});
