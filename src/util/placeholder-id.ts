/** The id of a delivery that was not received but made: a UUID of version 4 (RFC 9562), so that rules may read it as one. */
export const placeholderId = '00000000-0000-4000-8000-000000000000';
