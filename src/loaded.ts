/** Waits for a part of the library that is imported on demand, and says what to do if it cannot be loaded. */
import { PackageMissing } from './errors/index.ts';

/** @throws PackageMissing with the reason, which in most browsers names the file */
export async function loaded<M>(part: Promise<M>): Promise<M> {
  try {
    return await part;
  } catch (cause) {
    const advice = 'If it was updated meanwhile, reload the page or restart the program.';
    throw new PackageMissing('cinderlib-wasm', `A file of this library cannot be loaded: ${cause}. ${advice}`, {
      cause,
    });
  }
}
