import { expect } from 'chai';
import { statusOfDelivery } from '../../../src/core/outcome.js';
import type { Accepted } from '../../../src/core/persist.js';
import { Rejection } from '../../../src/core/rejection.js';

const item = { index: 0, pointer: '' };
const topic = 'webhooks.acme';
const route = { topic, matches: () => true, declaredAt: 'plugin.yaml:1' };

function accepted(duplicate: boolean, spooled = false): Accepted {
  const placement = spooled ? ({ topic, spooled } as const) : { topic, partition: 0, offset: 1n };
  return { event: { id: 'a', type: 't', item }, key: 'a', route, placement, duplicate, contentDiffers: false };
}

describe('what is said of a delivery', () => {
  const rejected = [new Rejection('route_none')];
  const cases: readonly (readonly [string, Parameters<typeof statusOfDelivery>[0]])[] = [
    ['accepted', { accepted: [], rejected: [] }],
    ['accepted', { accepted: [accepted(false)], rejected: [] }],
    ['accepted', { accepted: [accepted(true), accepted(false)], rejected }],
    ['duplicate', { accepted: [accepted(true)], rejected: [] }],
    ['duplicate', { accepted: [accepted(true), accepted(true)], rejected: [] }],
    ['spooled', { accepted: [accepted(false), accepted(false, true)], rejected: [] }],
    ['duplicate', { accepted: [accepted(true, true)], rejected: [] }],
    ['dead_lettered', { accepted: [], rejected }],
  ];
  for (const [status, outcome] of cases) {
    const events = outcome.accepted.map(
      ({ duplicate, placement }) => `${duplicate ? 'duplicate' : 'new'}${'spooled' in placement ? ' spooled' : ''}`,
    );
    it(`${status}: ${events.join(', ') || 'no event'}${outcome.rejected.length > 0 ? ', a dead letter' : ''}`, () =>
      expect(statusOfDelivery(outcome)).to.equal(status));
  }
});
