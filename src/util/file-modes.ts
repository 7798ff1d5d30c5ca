/** Modes of what the gateway makes to keep events in: payloads are not for the other users of the machine. */
export const privateFile = 0o600;
export const privateFolder = 0o700;
/** The bits of a mode that let a group or everybody in. */
export const forOthers = 0o077;
