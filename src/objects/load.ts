/** Makes objects from the items of a dump, and starts the backends that it describes completely. */
import { aboutItem } from '../about-item.ts';
import { type Dict, entriesOf, own } from '../cinder/dict.ts';
import { BackendNotPresent, InvalidDump } from '../errors/index.ts';
import { loaded } from '../loaded.ts';
import type { Storable } from '../persistence/driver.ts';
import { KeyValue } from '../persistence/key-value.ts';
import { type Dump, type Dumped, dumpedObject, elementName } from '../serialization/load.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { checkBackendOptions } from './backend-options.ts';
import type { Connection } from './connection.ts';
import type { Context, Restore } from './context.ts';
import { restoreInto } from './restore.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

/** Anything that a dump can contain, as returned by `load`. */
export type Loaded = Backend | Volume | Snapshot | Connection | KeyValue;

/** An item that belongs to a backend. */
type DumpedItem = Exclude<Dumped, { readonly class: 'KeyValue' }>;

/** One item of a dump, as objects. */
export interface LoadedItem {
  readonly loaded: Loaded;
  /** The objects to store, parents first. */
  toBeStored(): readonly Storable[];
  /** Shows the volumes of a loaded backend in its list. */
  show(): void;
}

/**
 * The items of a dump as objects of the context. No backend is started for a dump that cannot be read completely.
 *
 * @param start Starts a backend, or returns the existing one of that name.
 */
export async function loadItems(
  context: Context,
  dump: Dump,
  start: (options: BackendOptions) => Promise<Backend>,
): Promise<LoadedItem[]> {
  const items: LoadedItem[] = [];
  if (dump.items.some((item) => backendsOf(item).some((config) => isToBeStarted(context, config)))) {
    await readOnce(context, dump);
  }
  const backendOf = async (config: Dict): Promise<Backend | string> =>
    isToBeStarted(context, config) ? start(optionsOf(config)) : presentBackend(context, nameOf(config));
  await forEachItem(dump, async (item) => {
    if (item.class === 'KeyValue') {
      items.push({ loaded: new KeyValue(item.key, item.value), toBeStored: () => [], show: () => {} });
      return;
    }
    items.push(await loadedItem(context.restore, item, backendOf));
  });
  return items;
}

/** Reads the whole dump with names in place of backends, and throws if it cannot be read. */
async function readOnce(context: Context, dump: Dump): Promise<void> {
  const reading: Context = {
    persistence: context.persistence,
    backends: context.backends,
    // Missing backends are detected below, where those that are yet to be started do not count as missing.
    settings: { ...context.settings, fail_on_missing_backend: false },
    get restore(): Restore {
      return restoreInto(reading);
    },
    load: (source, options) => context.load(source, options),
    reportChanges: (changes) => context.reportChanges(changes),
  };
  const started = new Set<string>();
  const backendOf = async (config: Dict): Promise<Backend | string> => {
    const name = nameOf(config);
    if (isToBeStarted(context, config)) {
      // Loaded on demand: few dumps describe a backend completely.
      const { refusePrograms } = await loaded(import('./program-options.ts'));
      await refusePrograms(checkBackendOptions(optionsOf(config)), context.settings);
      started.add(name);
    }
    return started.has(name) ? name : presentBackend(context, name);
  };
  await forEachItem(dump, async (item) => {
    if (item.class === 'KeyValue') return;
    if (item.class === 'Backend') await backendOf(item.backend);
    for (const one of item.class === 'Backend' ? item.volumes : [item]) {
      await loadedItem(reading.restore, one, backendOf);
    }
  });
}

/** All backends that the item mentions: a volume may be on a different backend from the one that lists it. */
function backendsOf(item: Dumped): readonly Dict[] {
  if (item.class === 'KeyValue') return [];
  return item.class === 'Backend' ? [item.backend, ...item.volumes.map(({ backend }) => backend)] : [item.backend];
}

/** Processes the items in order; in a list, an error names the item. */
async function forEachItem({ isList, items }: Dump, use: (item: Dumped) => Promise<void>): Promise<void> {
  for (const [place, item] of items.entries()) {
    try {
      await use(item);
    } catch (error) {
      throw isList ? aboutItem(error, elementName(place)) : error;
    }
  }
}

async function loadedItem(
  restore: Restore,
  item: DumpedItem,
  backendOf: (config: Dict) => Promise<Backend | string>,
): Promise<LoadedItem> {
  const backend = await backendOf(item.backend);
  const show = (): void => {};
  switch (item.class) {
    case 'Backend': {
      if (typeof backend === 'string') {
        throw new BackendNotPresent(backend, `Backend ${backend} is not initialised: only its volumes can be loaded.`);
      }
      const volumes: Volume[] = [];
      // Each volume's own backend, not simply this one: `lvm_iscsi` also lists what is on `lvm-iscsi`.
      for (const volume of item.volumes) {
        volumes.push(restore.volume(dumpedObject(volume), await backendOf(volume.backend)));
      }
      return {
        loaded: backend,
        toBeStored: () => volumes.flatMap((volume) => volume.toBeStored()),
        show: () => (volumes.length > 0 ? backend.replaceVolumes(volumes) : undefined),
      };
    }
    case 'Volume': {
      const volume = restore.volume(dumpedObject(item), backend);
      return { loaded: volume, toBeStored: () => volume.toBeStored(), show };
    }
    case 'Snapshot': {
      const snapshot = restore.snapshot(dumpedObject(item), backend);
      snapshot.joinVolume();
      return { loaded: snapshot, toBeStored: () => [snapshot], show };
    }
    case 'Connection': {
      const connection = restore.connection(dumpedObject(item), backend);
      connection.joinVolume();
      return { loaded: connection, toBeStored: () => connection.toBeStored(), show };
    }
  }
}

/** The order in which objects can be stored where rows refer to each other, whatever order the dump has. */
export function parentsFirst(objects: readonly Storable[]): readonly Storable[] {
  const rank = ({ ovo }: Storable): number => classes.indexOf(ovo.model.name);
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

const classes = ['Volume', 'Snapshot', 'VolumeAttachment'];

function isToBeStarted({ backends }: Context, config: Dict): boolean {
  return Object.keys(config).length > 1 && !backends.has(nameOf(config));
}

/** An initialised backend, or only its name if the context allows missing backends. */
function presentBackend({ backends, settings }: Context, name: string): Backend | string {
  const backend = backends.get(name);
  if (backend !== undefined) return backend;
  if (!settings.fail_on_missing_backend) return name;
  throw new BackendNotPresent(name);
}

function nameOf(config: Dict): string {
  const name = own(config, 'volume_backend_name');
  if (typeof name === 'string') return name;
  throw new InvalidDump("The key 'volume_backend_name' is missing in a 'backend'.");
}

/** Options as a caller would pass them; they are checked when the backend is started. */
function optionsOf(config: Dict): BackendOptions {
  return Object.fromEntries(entriesOf(config)) as BackendOptions;
}
