/**
 * Makes the library's scripts acceptable to pages that start only trusted ones (`require-trusted-types-for`).
 *
 * A policy can be created only once, unless the page allows duplicates. It stays private: it trusts any address.
 */
import { type ScriptPolicy, scriptPolicies } from '../runtime.ts';

let policy: ScriptPolicy | null | undefined;

/** What a page's policy must contain if worker constructors refuse an address as not trusted. */
export const trustHint =
  'A Content-Security-Policy that has require-trusted-types-for must allow our policy: trusted-types cinderlib-wasm, ' +
  "and 'allow-duplicates' after it where a page has two copies of this library.";

/** The address in the form that worker constructors accept on this page. */
export function trustedScript(address: string): string {
  if (policy === undefined) policy = ownPolicy();
  // A TrustedScriptURL is not a string, but is accepted where the declarations ask for one.
  return policy === null ? address : (policy.createScriptURL(address) as string);
}

/** Null where the browser has no Trusted Types, or the page does not allow a policy of this name. */
function ownPolicy(): ScriptPolicy | null {
  try {
    return scriptPolicies()?.createPolicy('cinderlib-wasm', { createScriptURL: (address) => address }) ?? null;
  } catch {
    return null;
  }
}
