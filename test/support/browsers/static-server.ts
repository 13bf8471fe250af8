/** Serves folders and texts on a free local port like a plain web server, without special headers. */
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

type Headers = Readonly<Record<string, string>>;

/** A response that is not a file. */
export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Headers;
  readonly body: string | Uint8Array;
}

/** Maps a path to a folder (the path ends with a slash) or a response. The longest matching path wins. */
export type Site = Readonly<Record<string, string | Answer>>;

export interface ServerOptions {
  /** Sent with every response; may depend on the path and query. */
  readonly headers?: Headers | ((url: URL) => Headers);
}

export interface StaticServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** The requests so far, in order: `200 /dist/index.js`. */
  readonly log: readonly string[];
  /** The bodies that pages have posted, in order; each request is answered with 204. */
  readonly posts: readonly { readonly path: string; readonly body: string }[];
  /** Resolves with the first post to that path, which may already have arrived. */
  posted(path: string): Promise<string>;
  close(): Promise<void>;
}

export async function startServer(site: Site, { headers = {} }: ServerOptions = {}): Promise<StaticServer> {
  const log: string[] = [];
  const posts: { path: string; body: string }[] = [];
  const waiting = new Map<string, (body: string) => void>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://server');
    if (request.method === 'POST') {
      const post = { path: url.pathname, body: await bodyOf(request) };
      posts.push(post);
      waiting.get(post.path)?.(post.body);
      response.writeHead(204).end();
      return;
    }
    const { status = 200, type = '', body, headers: own = {} } = answerTo(site, url.pathname);
    log.push(`${status} ${url.pathname}`);
    const sent = typeof headers === 'function' ? headers(url) : headers;
    const contentType = type === '' ? {} : { 'content-type': type };
    response.writeHead(status, { 'cache-control': 'no-store', ...contentType, ...sent, ...own }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return {
    origin: `http://127.0.0.1:${address.port}`,
    log,
    posts,
    async posted(path) {
      const earlier = posts.find((post) => post.path === path);
      return earlier?.body ?? new Promise((resolve) => waiting.set(path, resolve));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answerTo(site: Site, pathname: string): Answer {
  const path = normalize(decodeURIComponent(pathname));
  const fits = Object.keys(site).filter((key) => key === path || (key.endsWith('/') && path.startsWith(key)));
  const [best] = fits.sort((one, other) => other.length - one.length);
  const found = best === undefined ? undefined : site[best];
  if (best === undefined || found === undefined) return notFound;
  if (typeof found !== 'string') return best === path ? found : notFound;
  const file = join(found, path.slice(best.length));
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  if (!isFile) return notFound;
  return { body: readFileSync(file), type: types[extname(file)] ?? 'application/octet-stream' };
}

const notFound: Answer = { status: 404, type: 'text/plain', body: 'not found' };
