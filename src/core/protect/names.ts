/** Words of names whose values are card numbers, whatever else the name says. */
const cardWords = new Set([
  'pan',
  'dpan',
  'fpan',
  'mpan',
  'cc',
  'ccnum',
  'ccnumber',
  'primaryaccountnumber',
  'track1',
  'track2',
]);
/** Last words of names whose values name something. */
const identityWords = new Set(
  `id ids uid gid uuid guid ref refs reference references rrn arn stan key order orders invoice transaction txn trace request event
  session sequence seq cursor nonce version sku ean gtin barcode imei iccid tracking receipt`.split(/\s+/),
);
const numberWords = new Set(['number', 'no', 'nr', 'num']);
/** What has a number that names it. */
const numbered = new Set(
  'order invoice reference ref transaction txn trace tracking receipt request serial sequence ticket confirmation batch document shipment'.split(
    ' ',
  ),
);

/**
 * Whether the name of a field says that its value is an id: `id`, `order_id`, `orderId`, `reference`, `invoice_number`; never
 * one that has to do with a card, such as `card_id`.
 */
export function isIdentity(name: string): boolean {
  const words = wordsOf(name);
  if (words.some((word) => word.includes('card') || cardWords.has(word))) return false;
  const last = words.at(-1) ?? '';
  return identityWords.has(last) || (numberWords.has(last) && numbered.has(words.at(-2) ?? ''));
}

/** Of `orderId`, `order_id`, `order[id]` and `order%5Bid%5D`, in lower case. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/%5[BbDd]/g, ' ')
    .replace(/([a-z\d])([A-Z])|([A-Z]+)([A-Z][a-z])/g, '$1$3 $2$4')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((each) => each !== '');
}
