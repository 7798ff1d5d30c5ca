import { hash } from 'node:crypto';
import type { Delivery, Endpoint, KafkaRecord, VerifiedDelivery } from '../model.js';
import type { Rejection } from '../rejection.js';
import { addDeliveryHeaders, contentType } from './map.js';

/**
 * A delivery with what stopped it, as a record: the whole body, so that it can be verified again with the request
 * headers beside it. `rejections` has one entry for each part of a batch that stopped; the first gives the reason.
 */
export function deadLetter(
  topic: string,
  endpoint: Endpoint,
  delivery: Delivery | VerifiedDelivery,
  rejections: readonly [Rejection, ...Rejection[]],
): KafkaRecord {
  const [first] = rejections;
  const headers: { [name: string]: string } = {
    ce_specversion: '1.0',
    ce_id: delivery.id,
    ce_type: 'webhook.dead_letter',
    ce_source: endpoint.path,
    ce_time: new Date(delivery.receivedAt).toISOString(),
    'content-type': contentType(delivery),
    ce_endpoint: endpoint.name,
    ce_reason: first.code,
    ce_stage: first.stage,
    ce_errors: JSON.stringify(rejections.map(describe)),
    ce_verified: String('proof' in delivery),
    ...('proof' in delivery ? { ce_secretname: delivery.proof.secret } : {}),
    ...(delivery.client ? { ce_clientaddress: delivery.client } : {}),
    ce_requestmethod: delivery.method,
    ce_requesttarget: delivery.target,
    ce_requestheaders: JSON.stringify(requestHeaders(endpoint, delivery)),
  };
  addDeliveryHeaders(headers, delivery, hash('sha256', delivery.body, 'base64'));
  return { topic, key: delivery.id, value: delivery.body, headers };
}

function describe({ code, stage, item, detail, errors }: Rejection): object {
  return {
    code,
    stage,
    ...(item ? { item } : {}),
    ...(detail ? { detail } : {}),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/**
 * Those that scheme and rules read, so that nothing else of a request, such as a password, gets into a record. Of a header
 * that is a password only that it was there: it has no values.
 */
function requestHeaders({ headers, provider: { scheme } }: Endpoint, delivery: Delivery): object {
  const names = headers.filter((name) => delivery.headers[name] !== undefined);
  return Object.fromEntries(
    names.map((name) => [name, scheme.secretHeaders.includes(name) ? [] : delivery.headers[name]]),
  );
}
