/**
 * The addresses of the library's own scripts, on pages that start none but trusted ones (`require-trusted-types-for`).
 *
 * A policy may be made once only, unless the page says otherwise. It stays in here: it trusts whatever it is given.
 */
import { type ScriptPolicy, scriptPolicies } from '../runtime.ts';

let policy: ScriptPolicy | null | undefined;

/** What a page's policy must hold where constructors of workers refuse an address as no trusted one. */
export const trustHint =
  'A Content-Security-Policy that has require-trusted-types-for must allow our policy: trusted-types cinderlib-wasm, ' +
  "and 'allow-duplicates' after it where a page has two copies of this library.";

/** The address as constructors of workers take it on this page. */
export function trustedScript(address: string): string {
  if (policy === undefined) policy = ownPolicy();
  // What stands for the address is no text, but is taken where the declarations ask for one.
  return policy === null ? address : (policy.createScriptURL(address) as string);
}

/** Null where the page knows no trusted addresses, or lets nobody call any trusted by this name. */
function ownPolicy(): ScriptPolicy | null {
  try {
    return scriptPolicies()?.createPolicy('cinderlib-wasm', { createScriptURL: (address) => address }) ?? null;
  } catch {
    return null;
  }
}
