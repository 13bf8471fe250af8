/** Locates `dist/` for tests that serve and measure its files. */
import { fileURLToPath } from 'node:url';

/** The folder of the build. */
export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
