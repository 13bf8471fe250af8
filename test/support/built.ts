/** The files of `dist/`, as tests serve and count them. */
import { fileURLToPath } from 'node:url';

/** The folder of what was built. */
export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
