/** Loads a package that only some users of this library need, and says how to install it if it is missing. */
import { PackageMissing } from '../../../errors/index.ts';

/** @param range the supported versions, for runtimes that fetch a package by its name */
export async function optionalPackage<M>(name: string, range: string): Promise<M> {
  const failures: unknown[] = [];
  const wanted = `${name}@${range}`;
  // Deno and Bun resolve the second one where there is no node_modules.
  for (const each of [name, `npm:${wanted}`]) {
    try {
      // A variable, so that no bundler includes the package in the library.
      const module: { readonly default?: M } & M = await import(/* @vite-ignore */ /* webpackIgnore: true */ each);
      return module.default ?? module;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new PackageMissing(
    name,
    `This database needs the package ${name}, which is not installed or cannot be loaded. ` +
      howToInstall(wanted, import.meta.url),
    { cause: failures[0] },
  );
}

/**
 * @param address the URL of this library. `npx` and its like run a package that is not installed from a folder of
 *   their own, which does not see what the user has installed; Deno keeps packages in its cache unless told otherwise.
 */
export function howToInstall(wanted: string, address: string): string {
  if (/\/npm\/[^/]+\/cinderlib-wasm\/[^/]+\/dist\//.test(address)) {
    return `Add it in the program's folder: deno add npm:${wanted}`;
  }
  const isPassing = /\/(?:_npx|bunx-[^/]*|dlx[^/]*)\//.test(address);
  if (!isPassing) return `Install it beside cinderlib-wasm: npm install ${wanted}`;
  return `Install both in one folder, and run the command there: npm install cinderlib-wasm ${wanted}`;
}
