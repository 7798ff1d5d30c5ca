import { Failure } from '../exit.js';
import { printable, printableValues } from '../util/printable.js';
import { fieldsOf } from '../util/values.js';
import { Flags } from './oclif.js';
import { configFlag, findConfig, whichConfig } from './which-config.js';

/** The flags of every command that asks a running gateway. */
export const adminFlags = {
  config: configFlag,
  url: Flags.string({
    helpValue: 'URL',
    description:
      'Where the admin server is, such as http://127.0.0.1:8001 or unix:/run/gateway/admin.sock. Without it: admin.listen ' +
      'of the configuration. Its admin.token is sent where something is changed.',
  }),
};

/**
 * Asks the admin server of the configuration's gateway; to a POST goes the configuration's token. Throws an `unreachable`
 * Failure if none answers, a `negative` one if it wants another token or host.
 */
export async function askAdmin(
  flags: { readonly config?: string | undefined; readonly url?: string | undefined },
  method: 'GET' | 'POST',
  path: string,
): Promise<unknown> {
  const { file, base, token } = await findAdmin(flags);
  const { requestAdmin } = await import('./admin-request.js');
  const answer = await requestAdmin(base, { method, path, token: method === 'GET' ? undefined : token }).catch(() => {
    throw new Failure('unreachable', `No gateway answers at ${base}: ${howToStart}`);
  });
  const { status, body } = answer;
  // Whatever has this port answers. A reload's report has lines, and is made printable where it is written.
  if (status === 200 || status === 422) return method === 'GET' ? printableValues(body) : body;
  if (status === 403 && textOf(body, 'reason') === 'token') {
    throw new Failure('negative', `${base} ${explainToken(file, token)}`);
  }
  if (status === 403)
    throw new Failure('negative', `${base} refuses this request: ${textOf(body, 'error') ?? 'it does not say why'}`);
  throw new Failure('unreachable', `${base}${path} answers ${status}: is it the admin server of a gateway?`);
}

/** For whoever finds nobody there. */
const howToStart = 'gateway start runs one, gateway dev one for development';

function explainToken(file: string, token: string | undefined): string {
  if (token === undefined) return `wants the token of its configuration, and ${file} has none that is there`;
  return `does not take the admin.token of ${file}: a new one counts when the gateway is started again`;
}

function textOf(body: unknown, name: 'error' | 'reason'): string | undefined {
  const text = fieldsOf(body)[name];
  return text === undefined ? undefined : printable(String(text));
}

const nowhere = { file: 'the configuration', adminUrl: undefined };

async function findAdmin(flags: { readonly config?: string | undefined; readonly url?: string | undefined }) {
  // With a URL it needs the configuration for the token only.
  const { file, adminUrl } =
    flags.url === undefined ? whichConfig(flags.config) : (findConfig(flags.config) ?? nowhere);
  const { readAdminAddress } = await import('../config/admin-address.js');
  const { url, token } = await readAdminAddress(file, process.env);
  const base = flags.url ?? adminUrl ?? url;
  if (base !== undefined) return { file, base, token };
  throw new Failure('unreachable', `${file} has no admin.listen: add it and restart the gateway, or give --url`);
}
