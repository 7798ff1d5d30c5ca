import type { GatewayLog } from '../telemetry/log.js';
import { type AdminOptions, createAdminApp, createProbesApp } from './admin.js';
import type { AdminAccess } from './admin-guard.js';
import type { ListenAddress } from './bind.js';
import { type Listening, listen } from './server.js';

export interface OperatorServers {
  /** Absent: there is no admin server. */
  readonly adminUrl?: string;
  /** See `Listening`. */
  close(grace: number, told?: number): Promise<void>;
}

/** Starts the admin server and that of the probes, as far as the configuration has them. Rejects with the system's error. */
export async function startOperatorServers(
  {
    admin,
    probes,
  }: {
    readonly admin?: AdminAccess & { readonly listen: ListenAddress };
    readonly probes?: { readonly listen: ListenAddress };
  },
  options: Omit<AdminOptions, 'access'> & { readonly log: GatewayLog },
): Promise<OperatorServers> {
  const servers: Listening[] = [];
  async function close(grace: number, told?: number): Promise<void> {
    await Promise.all(servers.map((server) => server.close(grace, told)));
  }
  try {
    if (probes !== undefined) {
      servers.push(await listen(createProbesApp(options).callback(), probes.listen, options.log));
    }
    if (admin === undefined) return { close };
    const server = await listen(createAdminApp({ ...options, access: admin }).callback(), admin.listen, options.log);
    servers.push(server);
    return { adminUrl: server.url, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}
