import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'koa';
import { send } from '../server/http/app.js';
import type { Router } from '../server/http/koa.js';
import { packageRoot } from '../util/package-root.js';
import { respond } from './respond.js';

/** Nothing of another origin, nothing inline, in no frame: https://www.w3.org/TR/CSP3/ */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const protection = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Where `npm run build` puts them. */
const builtPages = join(packageRoot, 'dist', 'inspector', 'pages');

/**
 * `/inspector/` and all below it is the one page, which finds out by itself what it shows; `/inspector/assets/FILE` are its files, whose
 * names change with what is in them. `folder`: of the built pages, which are read once.
 */
export function addPages(router: Router, folder: string = builtPages): void {
  let files: Promise<ReadonlyMap<string, Buffer>> | undefined;
  const load = () => (files ??= readPages(folder));
  router.get('/', (context) => {
    const headers = { ...protection, Location: '/inspector/', 'Cache-Control': 'no-cache' };
    return send(context, { status: 302, headers, body: '' });
  });
  router.get('/inspector/assets/:file', async (context) => {
    const name: unknown = context.params.file;
    const body = typeof name === 'string' && name !== 'index.html' ? (await load()).get(name) : undefined;
    if (body === undefined) return notFound(context, 'the inspector has no such file');
    return sendFile(context, String(name), body, 'public, max-age=31536000, immutable');
  });
  router.get(/^\/inspector(\/.*)?$/, async (context) => {
    const body = (await load()).get('index.html');
    if (body === undefined)
      return notFound(context, 'the pages of the inspector are not built: npm run build makes them');
    return sendFile(context, 'index.html', body, 'no-cache');
  });
}

/** Those of which the type is known, by name; none where there is no such folder. */
async function readPages(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = await readdir(folder).catch(() => []);
  const known = names.filter((name) => types[extname(name)] !== undefined);
  const read = known.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return new Map(await Promise.all(read));
}

async function sendFile(context: Context, name: string, body: Buffer, cached: string): Promise<void> {
  const headers = { ...protection, 'Content-Type': types[extname(name)] ?? '', 'Cache-Control': cached };
  context.respond = false;
  context.res.writeHead(200, { ...headers, 'Content-Length': body.length });
  context.res.end(context.method === 'HEAD' ? undefined : body);
}

function notFound(context: Context, error: string): Promise<void> {
  return respond(context, 404, { error, reason: 'not_found' });
}
