/**
 * Finds the SQLite engine's WebAssembly file, verifies that it is the pinned one, and compiles it.
 *
 * The virtual file system reaches into SQLite's structures, so any build other than the tested one is refused.
 */
import { type CinderlibError, EngineMismatch, StorageFailure } from '../src/errors/index.ts';
import { builtin, lacksPermission } from '../src/runtime.ts';
import pin from './pin.json' with { type: 'json' };

/**
 * Where the file is: beside the bundle, or, from the source tree, where npm installed it.
 *
 * Bundlers may recognise only the first spelling: they would fail on a file that the published package
 * does not have.
 */
export function engineUrl(): URL {
  const here = import.meta.url;
  if (!here.endsWith('/wasm/load.ts')) return new URL('./sql-wasm.wasm', import.meta.url);
  return new URL(`../node_modules/${pin.package}/${pin.file}`, here);
}

/** Compiles the engine found at `url`; throws {@link EngineMismatch} when it is missing or a different one. */
export async function compileEngine(url: URL = engineUrl()): Promise<WebAssembly.Module> {
  const { bytes, type } = await readEngine(url);
  // Nothing of it runs before it is verified. A file that is not the engine may well fail to compile too.
  const compiling = compile(bytes);
  compiling.catch(() => {});
  const found = await sha256(bytes, url);
  if (found !== pin.sha256) {
    const sentAs = type === null || type === 'application/wasm' ? '' : ` The server sends it as ${type}.`;
    throw new EngineMismatch(
      `${url.href} is not the SQLite engine of ${pin.package} ${pin.version}: its SHA-256 is ${found}, ` +
        `expected ${pin.sha256}.${sentAs} Serve the file that comes with this package, unchanged.`,
    );
  }
  try {
    return await compiling;
  } catch (cause) {
    throw engineRefused(cause);
  }
}

/** Asynchronous even where WebAssembly is missing altogether. */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes);
}

/**
 * The error when the right bytes cannot be compiled or started: the page's policy forbids it, or memory is short.
 * WebKit reports it only at the start.
 */
export function engineRefused(cause: unknown): CinderlibError {
  // Runtimes reserve gigabytes of address space for each engine, whatever it uses.
  if (cause instanceof RangeError) {
    const remedy = 'Close other contexts, or raise the limit of the process (ulimit -v).';
    const message = `Not enough memory for the SQLite engine: ${messageOf(cause)}. ${remedy}`;
    return new StorageFailure(message, null, 'ENOMEM', { cause });
  }
  return new EngineMismatch(
    `The SQLite engine cannot be compiled: ${messageOf(cause)}. ` +
      "A Content-Security-Policy must allow WebAssembly: script-src 'self' 'wasm-unsafe-eval'.",
    { cause },
  );
}

interface EngineFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The content type that the server sends; any will do for the right bytes. */
  readonly type: string | null;
}

async function readEngine(url: URL): Promise<EngineFile> {
  try {
    const fs = url.protocol === 'file:' ? builtin('node:fs') : undefined;
    if (fs !== undefined) return { bytes: new Uint8Array(fs.readFileSync(url)), type: null };
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    return { bytes: new Uint8Array(await response.arrayBuffer()), type: response.headers.get('content-type') };
  } catch (cause) {
    throw new EngineMismatch(
      `The SQLite engine ${url.href} (SHA-256 ${pin.sha256} expected) cannot be read: ${messageOf(cause)}. ` +
        remedyFor(url, cause),
      { cause },
    );
  }
}

function remedyFor({ protocol, pathname }: URL, cause: unknown): string {
  if (protocol === 'file:' && lacksPermission(cause)) {
    return `Allow Deno to read the package too: --allow-read=${pathname.slice(0, pathname.lastIndexOf('/'))}.`;
  }
  const hint = protocol === 'file:' ? '' : '; a Content-Security-Policy must allow it in connect-src';
  return `Keep sql-wasm.wasm beside the script that loads it${hint}.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>, url: URL): Promise<string> {
  // Browsers hide it from pages served over plain HTTP; the declared type ignores that.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) {
    throw new EngineMismatch(
      `The SQLite engine ${url.href} cannot be verified: this page is not a secure context. ` +
        'Serve it over HTTPS or from localhost.',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
