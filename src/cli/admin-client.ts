import { Failure } from './failure.js';
import { Flags } from './oclif.js';
import { configFlag, whichConfig } from './which-config.js';

/** The flags of every command that asks a running gateway. */
export const adminFlags = {
  config: configFlag,
  url: Flags.string({
    helpValue: 'URL',
    description:
      'Where the admin server is, such as http://127.0.0.1:8001. Without it: admin.listen of the configuration.',
  }),
};

/** Milliseconds. A reload compiles everything. */
const patience = 60_000;

/** Asks the admin server of the configuration's gateway. Throws an `unreachable` Failure if none answers. */
export async function askAdmin(
  flags: { readonly config?: string | undefined; readonly url?: string | undefined },
  method: 'GET' | 'POST',
  path: string,
): Promise<unknown> {
  const base = flags.url ?? (await findAdmin(flags.config));
  let answer: Response;
  try {
    answer = await fetch(new URL(path, base), { method, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Failure('unreachable', `No gateway answers at ${base}`);
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.status === 200 || answer.status === 422) return body;
  throw new Failure('unreachable', `${base}${path} answers ${answer.status}: is it the admin server of a gateway?`);
}

async function findAdmin(config: string | undefined): Promise<string> {
  const { file, adminUrl } = whichConfig(config);
  if (adminUrl !== undefined) return adminUrl;
  const { readAdminAddress } = await import('../config/admin-address.js');
  const address = await readAdminAddress(file, process.env);
  if (address !== undefined) return address;
  throw new Failure('unreachable', `${file} has no admin.listen: add it and restart the gateway, or give --url`);
}
