/** Backend options, common to all drivers, that control how volumes are attached to this host. */
import { driverOptions, type OptionSchema } from './option-schema.ts';
import type { VolumeDriver } from './volume-driver.ts';

export const attachOptions = {
  use_multipath_for_image_xfer: {
    type: 'boolean',
    default: false,
    help: 'Whether attach() asks for multipath, which the built-in iSCSI connector refuses.',
  },
} as const satisfies OptionSchema;

/** Whether volumes are to be attached over multiple paths: the backend option that cinderlib reads. */
export function wantsMultipath(driver: VolumeDriver): boolean {
  const given = Object.entries(driver.configuration).filter(([name]) => Object.hasOwn(attachOptions, name));
  const { options } = driverOptions(driver.constructor.name, attachOptions, Object.fromEntries(given));
  return options.use_multipath_for_image_xfer;
}
