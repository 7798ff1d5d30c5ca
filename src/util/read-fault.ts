/** What the system's names of errors mean to whoever wants to read a file or a folder. */
const meanings: { readonly [code: string]: string | undefined } = {
  EACCES: 'this user may not read it, or may not enter a folder above it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it, or what stands above it in its path, is not a folder',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long for this file system',
  EMFILE: 'this process has too many files open: raise its limit (ulimit -n)',
  ENFILE: 'this machine has too many files open',
  EIO: 'the disk fails',
  ESTALE: 'the server of this network file system does not know it any more',
};

/** Says why something cannot be read. `what`: such as `file secrets/acme`. `reason`: the system's name of the error, such as `ENOENT`. */
export function sayUnreadable(what: string, reason: string): string {
  if (reason === 'ENOENT') return `There is no ${what}`;
  const meaning = meanings[reason];
  return `Cannot read ${what}: ${meaning === undefined ? reason : `${meaning} (${reason})`}`;
}

/** The system's name of an error, such as `EACCES`. Throws what has none. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/** True where the system says that there is nothing of this name; not where it only does not let one look. */
export function isAbsence(reason: string): boolean {
  return reason === 'ENOENT' || reason === 'ENOTDIR' || reason === 'ENAMETOOLONG';
}
