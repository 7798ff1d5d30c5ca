/** The header in which Confluent's `HeaderSchemaIdSerializer` puts the id of a value's schema. */
export const schemaIdHeader = '__value_schema_id';

/** Says that a GUID follows; 0 stands before a number of four bytes. */
const guidFollows = 1;
const length = 17;

/**
 * The header of a record, encoded as in a record batch: name, then one byte and the 16 of the GUID. Source: `SchemaId` of
 * https://github.com/confluentinc/schema-registry and of @confluentinc/schemaregistry.
 */
export function encodeSchemaHeader(guid: string): Buffer {
  const value = Buffer.concat([Buffer.of(guidFollows), Buffer.from(guid.replaceAll('-', ''), 'hex')]);
  // Lengths below 64 are one byte: twice the number, in the zigzag encoding.
  return Buffer.concat([
    Buffer.of(schemaIdHeader.length * 2),
    Buffer.from(schemaIdHeader),
    Buffer.of(value.length * 2),
    value,
  ]);
}

/** The id for people, be it a GUID or a number; undefined: it is neither. */
export function readSchemaId(value: Buffer): string | undefined {
  if (value.length >= 5 && value[0] === 0) return String(value.readInt32BE(1));
  if (value.length < length || value[0] !== guidFollows) return undefined;
  return value.toString('hex', 1, length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
