/**
 * Finds out why a browser did not load a worker's script. The error event does not say, so the script is fetched
 * once more, and violations of the page's policy are recorded.
 */
import { pageDocument } from '../runtime.ts';

/** Records what a Content Security Policy forbids this page from now on. */
export class PolicyWatch {
  readonly #violations: SecurityPolicyViolationEvent[] = [];
  readonly #listener = (event: SecurityPolicyViolationEvent): void => void this.#violations.push(event);

  constructor() {
    // A worker that starts another has no document: there the violation cannot be seen.
    pageDocument()?.addEventListener('securitypolicyviolation', this.#listener);
  }

  /** The directive that forbade one of the addresses; null when none did. */
  directiveAgainst(...addresses: readonly string[]): string | null {
    // Browsers cut cross-origin addresses to their origin, and that of a Blob to its scheme.
    const isMeant = ({ blockedURI }: SecurityPolicyViolationEvent): boolean =>
      blockedURI !== '' && addresses.some((address) => address.startsWith(blockedURI));
    return this.#violations.find(isMeant)?.effectiveDirective ?? null;
  }

  stop(): void {
    pageDocument()?.removeEventListener('securitypolicyviolation', this.#listener);
  }
}

/**
 * Why a script was not loaded, and what to do about it: the end of a sentence, and one more sentence.
 *
 * @param startedAs the address that the worker was given: the script's, or that of a Blob that imports it
 */
export async function loadFault(script: string, startedAs: string, policy: PolicyWatch): Promise<string> {
  const response = await ask(script);
  const directive = policy.directiveAgainst(script, startedAs);
  if (directive !== null) {
    return `the page's policy forbids it (${directive}). ${policyHint(script, startedAs)}`;
  }
  if (response instanceof Error) {
    return (
      `it cannot be fetched (${response.message}). If it comes from another origin, its server must send ` +
      'Access-Control-Allow-Origin; a Content-Security-Policy must allow it in script-src and worker-src.'
    );
  }
  const beside = script.includes('/.vite/')
    ? "Vite moved the library away from it: set optimizeDeps: { exclude: ['cinderlib-wasm'] } in Vite's configuration."
    : 'Serve it, like sql-wasm.wasm, beside the script that imports this library. If the site was updated meanwhile, ' +
      'reload the page.';
  if (!response.ok) return `the server answers ${`${response.status} ${response.statusText}`.trimEnd()}. ${beside}`;
  const type = response.headers.get('content-type');
  if (!isScript(type)) {
    return (
      `its Content-Type is ${type ?? 'missing'}, and browsers run only text/javascript. ` +
      `If that is a page, there is no such file. ${beside}`
    );
  }
  // No page can see what a worker imports.
  const hint = startedAs === script ? '' : ` ${startHint(script, startedAs)}`;
  return `it, or a module that it imports, cannot be run; the browser's console may say more.${hint}`;
}

/** What a page's policy must contain. A script from another origin is started by a Blob that imports it. */
function policyHint(script: string, startedAs: string): string {
  const sources = startedAs === script ? "the script's origin" : "blob: and the script's origin";
  return `A Content-Security-Policy must allow ${sources} in worker-src.`;
}

/** What may keep a script from being started, where the browser does not say what does. */
export function startHint(script: string, startedAs: string): string {
  return origin === 'null' ? opaqueOrigin : policyHint(script, startedAs);
}

const opaqueOrigin =
  "This page's origin is opaque, as in a frame with sandbox and without allow-same-origin, and Chromium starts no worker there. " +
  'Add allow-same-origin; or use the storage memory, or memory_db with worker: false.';

async function ask(script: string): Promise<Response | Error> {
  try {
    const response = await fetch(script, { cache: 'no-store' });
    // Only the head of the response matters.
    await response.body?.cancel();
    return response;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isScript(type: string | null): boolean {
  return /^(?:text|application)\/(?:x-)?(?:java|ecma)script\s*(?:;|$)/i.test(type ?? '');
}
