/** A file of a version of the gateway that is newer than this one. It is left as it is, and the gateway does not start. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError';

  /** `found`: the version of its format; `known`: the last one that this gateway can read. */
  constructor(path: string, found: string | number, known: number) {
    super(
      `${path} has version ${found} of its format, and this gateway knows up to ${known}: run the newer gateway that ` +
        'wrote it, or give this one another folder. Nothing was changed.',
    );
  }
}
