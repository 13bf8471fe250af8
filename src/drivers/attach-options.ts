/** The options of a backend, whatever its driver, that say how its volumes are attached to this host. */
import { driverOptions, type OptionSchema } from './option-schema.ts';
import type { VolumeDriver } from './volume-driver.ts';

export const attachOptions = {
  use_multipath_for_image_xfer: {
    type: 'boolean',
    default: false,
    help: 'Whether attach() is to use several paths. No connector that comes with the library can: attach() refuses then.',
  },
} as const satisfies OptionSchema;

/** Whether volumes are to be attached by several paths, as cinderlib reads it of the backend. */
export function wantsMultipath(driver: VolumeDriver): boolean {
  const given = Object.entries(driver.configuration).filter(([name]) => Object.hasOwn(attachOptions, name));
  const { options } = driverOptions(driver.constructor.name, attachOptions, Object.fromEntries(given));
  return options.use_multipath_for_image_xfer;
}
