/** Files that a newer gateway has written. They are left as they are. */
export class NewerFormatError extends Error {
  constructor(version: number, known: number) {
    super(
      `it was written by a newer gateway (format ${version}, this one knows ${known}): start that version, or use another folder`,
    );
    this.name = 'NewerFormatError';
  }
}
