/**
 * Finds the SQLite engine's WebAssembly file, makes sure that it is the pinned one, and compiles it.
 *
 * The virtual file system reaches into SQLite's structures, so any other build than the one that was
 * tested is refused. A caller that starts several workers keeps the result and hands it to each.
 */
import { EngineMismatch } from '../src/errors/index.ts';
import { builtin } from '../src/runtime.ts';
import pin from './pin.json' with { type: 'json' };

/**
 * Where the file lies: beside the bundle, or, from the source tree, where npm installed it.
 *
 * Only the first spelling may be one that bundlers recognise: they would fail on a file that the
 * published package does not have.
 */
export function engineUrl(): URL {
  if (!import.meta.url.endsWith('/wasm/load.ts')) return new URL('./sql-wasm.wasm', import.meta.url);
  return new URL(['..', 'node_modules', pin.package, pin.file].join('/'), import.meta.url);
}

/** Compiles the engine found at `url`; throws {@link EngineMismatch} when it is missing or another one. */
export async function compileEngine(url: URL = engineUrl()): Promise<WebAssembly.Module> {
  const bytes = await readEngine(url);
  const found = await sha256(bytes, url);
  if (found !== pin.sha256) {
    throw new EngineMismatch(
      `${url.href} is not the SQLite engine of ${pin.package} ${pin.version}: its SHA-256 is ${found}, ` +
        `expected ${pin.sha256}. Serve the file that comes with this package, unchanged.`,
    );
  }
  return WebAssembly.compile(bytes);
}

async function readEngine(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const fs = url.protocol === 'file:' ? builtin('node:fs') : undefined;
    if (fs !== undefined) return new Uint8Array(fs.readFileSync(url));
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineMismatch(
      `The SQLite engine ${url.href} (SHA-256 ${pin.sha256} expected) cannot be read: ${reason}. ` +
        'Keep sql-wasm.wasm beside the script that loads it.',
      { cause },
    );
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>, url: URL): Promise<string> {
  // Browsers hide it from pages that came over plain HTTP; the declared type does not know that.
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
