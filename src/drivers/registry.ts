/** Finds the volume driver that a backend's `volume_driver` names, and lists those that there are. */
import { InvalidOption, VolumeDriverNotFound } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';
import { brand } from './brand.ts';
import { FakeLoggingVolumeDriver } from './fake.ts';
import type { DriverOption } from './option-schema.ts';
import { VolumeDriver, type VolumeDriverClass } from './volume-driver.ts';

/** A driver that is loaded when a backend asks for it: programs that use another one never fetch it. */
type Loader = () => Promise<VolumeDriverClass>;

// A function and not a table: importing the library is to do no work.
function builtIn(): Readonly<Record<string, Loader>> {
  return {
    'cinder.tests.fake_driver.FakeLoggingVolumeDriver': async () => FakeLoggingVolumeDriver,
    'cinder.volume.drivers.lvm.LVMVolumeDriver': async () => (await import('./lvm/lvm-driver.ts')).LVMVolumeDriver,
    'cinderlib_wasm.drivers.FileVolumeDriver': async () => (await import('./file/file-driver.ts')).FileVolumeDriver,
  };
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
    throw new InvalidOption(
      `The volume driver ${name} must be a subclass of VolumeDriver, not ${shown(driver)}.${copyHint(driver)}`,
    );
  }
  registered.set(name, driver);
}

/**
 * The class of that name.
 *
 * @throws VolumeDriverNotFound when there is none; the message lists what there is.
 */
export async function volumeDriverClass(name: string): Promise<VolumeDriverClass> {
  const drivers = builtIn();
  const driver = registered.get(name);
  if (driver !== undefined) return driver;
  const load = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (load !== undefined) return load();
  const known = driverNames();
  throw new VolumeDriverNotFound(
    `There is no volume driver ${shown(name)}.${didYouMean(String(name), known)} ` +
      `Known drivers: ${known.join(', ')}. Others are made known with registerVolumeDriver() of this copy of cinderlib-wasm.`,
  );
}

/** What {@link listSupportedDrivers} tells of a driver, under the names that cinderlib uses. */
export interface SupportedDriver {
  /** The class alone, such as `LVMVolumeDriver`. */
  readonly class_name: string;
  /** What `volume_driver` of a backend is to be. */
  readonly class_fqn: string;
  /** That of the driver, not of the library. */
  readonly version: string;
  /** A sentence on what the driver is for. */
  readonly desc: string;
  /** The options that the driver reads, with their types and defaults. */
  readonly driver_options: readonly (DriverOption & { readonly name: string })[];
}

/** The volume drivers that a backend can name, built in and registered, with the options of each. */
export async function listSupportedDrivers(): Promise<Readonly<Record<string, SupportedDriver>>> {
  const drivers: Record<string, SupportedDriver> = {};
  for (const name of driverNames()) {
    const { name: class_name, version, description: desc, options } = await volumeDriverClass(name);
    const driver_options = Object.entries(options).map(([option, about]) => ({ name: option, ...about }));
    drivers[name] = { class_name, class_fqn: name, version, desc, driver_options };
  }
  return drivers;
}

function driverNames(): string[] {
  return [...new Set([...Object.keys(builtIn()), ...registered.keys()])].sort();
}

function isDriverClass(value: unknown): boolean {
  return isClassOf(value, (prototype) => prototype instanceof VolumeDriver);
}

/** What to do about a class that is none of our drivers, when it is one of another copy of this library. */
function copyHint(value: unknown): string {
  if (!isClassOf(value, (prototype) => brand in prototype)) return '';
  return (
    ' It extends the class of another copy of the package cinderlib-wasm. Have both use one: ' +
    'the package of the driver names it under peerDependencies, and it is installed once (npm ls cinderlib-wasm).'
  );
}

/** Whatever is given may be a proxy that throws when it is looked at. */
function isClassOf(value: unknown, isMeant: (prototype: object) => boolean): boolean {
  try {
    const prototype: unknown = typeof value === 'function' ? value.prototype : null;
    return typeof prototype === 'object' && prototype !== null && isMeant(prototype);
  } catch {
    return false;
  }
}
