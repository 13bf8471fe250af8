/** Finds the volume driver named by a backend's `volume_driver`, and lists the available ones. */
import { copyHint } from '../copy-hint.ts';
import { InvalidOption, VolumeDriverNotFound } from '../errors/index.ts';
import { loaded } from '../loaded.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';
import { driverBrand } from './brand.ts';
import { FakeLoggingVolumeDriver } from './fake.ts';
import { isClassOf } from './is-class-of.ts';
import type { DriverOption } from './option-schema.ts';
import { VolumeDriver, type VolumeDriverClass } from './volume-driver.ts';

/** Loads a driver on demand: programs that do not use it never fetch it. */
type Loader = () => Promise<VolumeDriverClass>;

// A function rather than a table, so that importing the library does no work.
function builtIn(): Readonly<Record<string, Loader>> {
  return {
    'cinder.tests.fake_driver.FakeLoggingVolumeDriver': async () => FakeLoggingVolumeDriver,
    'cinder.volume.drivers.lvm.LVMVolumeDriver': async () => (await import('./lvm/lvm-driver.ts')).LVMVolumeDriver,
    'cinderlib_wasm.drivers.FileVolumeDriver': async () => (await import('./file/file-driver.ts')).FileVolumeDriver,
  };
}

// The counterpart of Python's modules: registrations apply to the whole program.
const registered = new Map<string, VolumeDriverClass>();

/**
 * Registers a volume driver under a name, so that every backend can select it with `volume_driver: name`. It takes
 * precedence over a built-in driver of that name and over earlier registrations.
 *
 * @throws InvalidOption when the name is empty or the class does not extend `VolumeDriver`.
 */
export function registerVolumeDriver(name: string, driver: VolumeDriverClass): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOption(
      `A volume driver is registered by its name, such as 'my.package.MyDriver', not ${shown(name)}.`,
    );
  }
  if (!isDriverClass(driver)) {
    throw new InvalidOption(
      `The volume driver ${name} must be a subclass of VolumeDriver, not ${shown(driver)}.${hintFor(driver)}`,
    );
  }
  registered.set(name, driver);
}

/**
 * The driver class of that name.
 *
 * @throws VolumeDriverNotFound for an unknown name; the message lists the known ones.
 */
export async function volumeDriverClass(name: string): Promise<VolumeDriverClass> {
  const drivers = builtIn();
  const driver = registered.get(name);
  if (driver !== undefined) return driver;
  const load = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (load !== undefined) return loaded(load());
  const known = driverNames();
  throw new VolumeDriverNotFound(
    `There is no volume driver ${shown(name)}.${didYouMean(String(name), known)} ` +
      `Known drivers: ${known.join(', ')}. For metadata alone, use the fake one. ` +
      'Add others with registerVolumeDriver() of this copy of cinderlib-wasm.',
  );
}

/** What {@link listSupportedDrivers} returns about a driver, with cinderlib's names. */
export interface SupportedDriver {
  /** The name of the class, such as `LVMVolumeDriver`. */
  readonly class_name: string;
  /** The value for a backend's `volume_driver`. */
  readonly class_fqn: string;
  /** The version of the driver, not of the library. */
  readonly version: string;
  /** One sentence on what the driver is for. */
  readonly desc: string;
  /** The options that the driver reads, with their types and defaults. */
  readonly driver_options: readonly (DriverOption & { readonly name: string })[];
}

/** All built-in and registered volume drivers, by name, with their options. */
export async function listSupportedDrivers(): Promise<Readonly<Record<string, SupportedDriver>>> {
  const drivers: [string, SupportedDriver][] = [];
  for (const name of driverNames()) {
    const { name: class_name, version, description: desc, options } = await volumeDriverClass(name);
    const driver_options = Object.entries(options).map(([option, about]) => ({ name: option, ...about }));
    drivers.push([name, { class_name, class_fqn: name, version, desc, driver_options }]);
  }
  return Object.fromEntries(drivers);
}

function driverNames(): string[] {
  return [...new Set([...Object.keys(builtIn()), ...registered.keys()])].sort();
}

function isDriverClass(value: unknown): boolean {
  return isClassOf(value, (prototype) => prototype instanceof VolumeDriver);
}

/** A hint for a driver class that extends another copy of this library; empty for anything else. */
function hintFor(value: unknown): string {
  return isClassOf(value, (prototype) => driverBrand in prototype) && value !== VolumeDriver ? copyHint('driver') : '';
}
