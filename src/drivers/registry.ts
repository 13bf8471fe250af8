/** Finds the volume driver that a backend's `volume_driver` names. */
import { InvalidOption, VolumeDriverNotFound } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';
import { FakeLoggingVolumeDriver } from './fake.ts';
import { VolumeDriver, type VolumeDriverClass } from './volume-driver.ts';

// A function and not a table of classes: importing the library is to do no work.
function builtIn(): Readonly<Record<string, VolumeDriverClass>> {
  return { 'cinder.tests.fake_driver.FakeLoggingVolumeDriver': FakeLoggingVolumeDriver };
}

// The counterpart of Python's modules: what a driver package registers holds for the whole program.
const registered = new Map<string, VolumeDriverClass>();

/**
 * Makes a volume driver known by a name, for `volume_driver: name` of every backend. It goes before a
 * built-in driver, and before one that was registered earlier, of the same name.
 *
 * @throws InvalidOption when the name is empty or the class is no subclass of `VolumeDriver`.
 */
export function registerVolumeDriver(name: string, driver: VolumeDriverClass): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOption(
      `A volume driver is registered by its name, such as 'my.package.MyDriver', not ${shown(name)}.`,
    );
  }
  if (!isDriverClass(driver)) {
    throw new InvalidOption(`The volume driver ${name} must be a subclass of VolumeDriver, not ${shown(driver)}.`);
  }
  registered.set(name, driver);
}

/**
 * The class of that name.
 *
 * @throws VolumeDriverNotFound when there is none; the message lists what there is.
 */
export function volumeDriverClass(name: string): VolumeDriverClass {
  const drivers = builtIn();
  const driver = registered.get(name) ?? (Object.hasOwn(drivers, name) ? drivers[name] : undefined);
  if (driver !== undefined) return driver;
  const known = [...new Set([...Object.keys(drivers), ...registered.keys()])].sort();
  throw new VolumeDriverNotFound(
    `There is no volume driver ${shown(name)}.${didYouMean(String(name), known)} ` +
      `Known drivers: ${known.join(', ')}. Others are made known with registerVolumeDriver().`,
  );
}

/** Whatever is given may be a proxy that throws when it is looked at. */
function isDriverClass(value: unknown): boolean {
  try {
    return typeof value === 'function' && value.prototype instanceof VolumeDriver;
  } catch {
    return false;
  }
}
