import type { Delivery, Endpoint } from '../../../src/core/model.js';
import type { Accepted } from '../../../src/core/persist.js';
import type { Outcome } from '../../../src/core/pipeline.js';
import { Rejection, type RejectionCode } from '../../../src/core/rejection.js';
import type { DeliveryEnd } from '../../../src/server/http/observer.js';
import { endpoint, route } from '../../support/provider.js';

export const acme: Endpoint = endpoint();

export function delivery(over: Partial<Delivery> = {}): Delivery {
  const fixed = {
    method: 'POST',
    target: '/webhooks/acme',
    headers: {},
    body: Buffer.from('{}'),
    client: '203.0.113.7',
  };
  return { id: 'd-1', receivedAt: 1_000_000, ...fixed, ...over };
}

export function accepted(over: Partial<Accepted> & { readonly id?: string; readonly type?: string } = {}): Accepted {
  const { id = 'evt_1', type = 'charge.paid', ...rest } = over;
  return {
    event: { id, type, item: { index: 0, pointer: '' } },
    key: 'cus_1',
    route: route('webhooks.acme'),
    placement: { topic: 'webhooks.acme', partition: 3, offset: 42n },
    duplicate: false,
    contentDiffers: false,
    ...rest,
  };
}

export function outcome(over: Partial<Outcome> = {}): Outcome {
  return { accepted: [accepted()], rejected: [], secret: 'current', ...over };
}

/** A webhook that was taken, unless `over` says otherwise. */
export function end(over: Partial<DeliveryEnd> = {}): DeliveryEnd {
  const startedAt = performance.now();
  return {
    endpoint: acme,
    delivery: delivery(),
    path: '/webhooks/acme',
    client: '203.0.113.7',
    startedAt,
    bodyAt: startedAt + 1,
    status: 200,
    outcome: outcome(),
    rejection: undefined,
    ...over,
  };
}

/** A request that was not taken. */
export function refused(code: RejectionCode, over: Partial<DeliveryEnd> = {}): DeliveryEnd {
  const rejection = new Rejection(code);
  return end({ delivery: undefined, bodyAt: 0, outcome: undefined, rejection, status: rejection.status, ...over });
}
