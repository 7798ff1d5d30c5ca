import { isUtf8 } from 'node:buffer';
import type { GatewaySettings } from '../../config/settings.js';
import { createProtection } from '../../core/protect/protection.js';
import type { DeliveryRow, Revealed } from '../contract.js';
import { Refused } from '../respond.js';
import { findRecord, nameOf } from './find-record.js';
import type { Letters } from './letters.js';

/** Whatever the endpoint does about them: nobody needs a card number to find out what went wrong. */
const withoutCards = createProtection({ fields: [], panGuard: 'mask' });

/** The body of a delivery. Rejects with a Refused if it is not to be had. */
export async function reveal(
  settings: GatewaySettings,
  letters: Letters,
  { id, row }: { readonly id: string; readonly row?: DeliveryRow | undefined },
): Promise<Revealed> {
  const record = await findRecord(settings, letters, id, row);
  if (record === undefined)
    throw new Refused(404, 'not_found', 'its record cannot be read: it is not stored, or not any more');
  const contentType = record.headers['content-type'];
  const { bytes, cards: masked } = withoutCards.protect(record.value, 'delivery', contentType ?? '');
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return {
    body: bytes.toString(encoding),
    encoding,
    masked,
    place: nameOf(record),
    ...(contentType !== undefined && { contentType }),
  };
}
