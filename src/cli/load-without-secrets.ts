import type { LoadedConfig } from '../config/load.js';

/**
 * Loads a configuration with secrets that are made up: all of them, or those that aren't there. What doesn't touch the
 * network needs no real ones, so that it runs in CI, too. `madeUp`: the variables and files that they stand for.
 */
export async function loadWithMadeUp(
  file: string,
  which: 'all' | 'missing',
): Promise<LoadedConfig & { readonly madeUp: readonly string[] }> {
  const [{ makeUpSecrets }, { loadConfig }, { declarationOf }, { makeSecretText }] = await Promise.all([
    import('../config/placeholder-secrets.js'),
    import('../config/load.js'),
    import('./dev/secrets.js'),
    import('../testing/plugins/secrets.js'),
  ]);
  const made = await makeUpSecrets(file, process.env, which, async (provider, kind) =>
    provider === undefined ? 'made-up-for-this-command' : makeSecretText(await declarationOf(provider, file), kind),
  );
  return { ...(await loadConfig(file, made.environment, Date.now(), made.files)), madeUp: made.names };
}
