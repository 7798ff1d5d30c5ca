import { PublishError } from '../../core/model.js';
import { errorCode } from '../../util/errors.js';
import { require } from '../../util/require.js';

/** What is used of `fs-native-extensions`, which has no types. */
interface LockBinding {
  tryLock(handle: number, options: { readonly exclusive: boolean }): boolean;
}

let binding: LockBinding | undefined;

/**
 * Locks an open file for this handle alone; false where another one has it, be it of this process. It is a lock of the
 * kernel (Linux: F_OFD_SETLK, fcntl(2); macOS: flock(2); Windows: LockFileEx), so it holds between containers on one volume,
 * closing another handle of the file does not release it, and the end of the process does.
 * Throws a `PublishError` `NO_FILE_LOCKS` where the file system or the platform has no such lock.
 */
export function tryKernelLock(handle: number, path: string): boolean {
  binding ??= loadBinding();
  try {
    return binding.tryLock(handle, { exclusive: true });
  } catch (error) {
    const code = errorCode(error);
    throw noLocks(`${path} cannot be locked (${code}): ${cures[code] ?? otherCure}`, error);
  }
}

const otherCure = 'put the folder on a local disk';
const noLockService =
  'its file system has no file locks. Put the folder on a local disk, or on NFS with its lock service';
const cures: { readonly [code: string]: string | undefined } = {
  ENOLCK: noLockService,
  EOPNOTSUPP: noLockService,
  ENOTSUP: noLockService,
  ENOSYS: noLockService,
};

function loadBinding(): LockBinding {
  try {
    return require('fs-native-extensions');
  } catch (error) {
    const platform = `${process.platform}-${process.arch}`;
    const cure = 'on Linux use an image with glibc, as node:22-bookworm-slim has it, on x64 or arm64';
    throw noLocks(`there are no file locks for this platform (${platform}): ${cure}`, error);
  }
}

function noLocks(message: string, cause: unknown): PublishError {
  return new PublishError('unavailable', 'NO_FILE_LOCKS', message, { cause });
}
