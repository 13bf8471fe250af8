/** Makes objects of the things in a dump, and starts the backends that it describes in full. */
import { aboutItem } from '../about-item.ts';
import { type Dict, entriesOf, own } from '../cinder/dict.ts';
import { BackendNotPresent, InvalidDump } from '../errors/index.ts';
import type { Storable } from '../persistence/driver.ts';
import { type Dump, type Dumped, dumpedObject, elementName } from '../serialization/load.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { checkBackendOptions } from './backend-options.ts';
import type { Connection } from './connection.ts';
import type { Context, Restore } from './context.ts';
import { KeyValue } from './key-value.ts';
import { refusePrograms } from './program-options.ts';
import { restoreInto } from './restore.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

/** Anything that a dump can hold, as `load` gives it. */
export type Loaded = Backend | Volume | Snapshot | Connection | KeyValue;

/** What a backend has a part in. */
type DumpedItem = Exclude<Dumped, { readonly class: 'KeyValue' }>;

/** One thing of a dump, as objects. */
export interface LoadedItem {
  readonly loaded: Loaded;
  /** What is to be stored of it, parents first. */
  family(): readonly Storable[];
  /** Takes the volumes of a backend for those that it has. */
  adopt(): void;
}

/**
 * The things of a dump as objects of the context. No backend is started for a dump that cannot be read whole.
 *
 * @param start Starts a backend, or gives the one of that name.
 */
export async function loadItems(
  context: Context,
  dump: Dump,
  start: (options: BackendOptions) => Promise<Backend>,
): Promise<LoadedItem[]> {
  const loaded: LoadedItem[] = [];
  if (dump.items.some((item) => backendsOf(item).some((config) => isToBeStarted(context, config)))) {
    await readOnce(context, dump);
  }
  const backendOf = async (config: Dict): Promise<Backend | string> =>
    isToBeStarted(context, config) ? start(optionsOf(config)) : presentBackend(context, nameOf(config));
  await forEachItem(dump, async (item) => {
    if (item.class === 'KeyValue') {
      loaded.push({ loaded: new KeyValue(item.key, item.value), family: () => [], adopt: () => {} });
      return;
    }
    loaded.push(await loadedItem(context.restore, item, backendOf));
  });
  return loaded;
}

/** Reads all of a dump with the names of its backends in their place, and throws where it cannot be read. */
async function readOnce(context: Context, dump: Dump): Promise<void> {
  const reading: Context = {
    persistence: context.persistence,
    backends: context.backends,
    // Whether a backend is missing shows below: those that are yet to be started are not.
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

/** All that the thing says of backends: a volume may be on another one than the backend that lists it. */
function backendsOf(item: Dumped): readonly Dict[] {
  if (item.class === 'KeyValue') return [];
  return item.class === 'Backend' ? [item.backend, ...item.volumes.map(({ backend }) => backend)] : [item.backend];
}

/** One after the other; an error says which of a list it is about. */
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
  const adopt = (): void => {};
  switch (item.class) {
    case 'Backend': {
      if (typeof backend === 'string') {
        throw new BackendNotPresent(backend, `Backend ${backend} is not initialised: only its volumes can be loaded.`);
      }
      const volumes: Volume[] = [];
      // Not simply this one's: `lvm_iscsi` lists what is on `lvm-iscsi` too.
      for (const volume of item.volumes) {
        volumes.push(restore.volume(dumpedObject(volume), await backendOf(volume.backend)));
      }
      return {
        loaded: backend,
        family: () => volumes.flatMap((volume) => volume.family()),
        adopt: () => (volumes.length > 0 ? backend.replaceVolumes(volumes) : undefined),
      };
    }
    case 'Volume': {
      const volume = restore.volume(dumpedObject(item), backend);
      return { loaded: volume, family: () => volume.family(), adopt };
    }
    case 'Snapshot': {
      const snapshot = restore.snapshot(dumpedObject(item), backend);
      snapshot.joinVolume();
      return { loaded: snapshot, family: () => [snapshot], adopt };
    }
    case 'Connection': {
      const connection = restore.connection(dumpedObject(item), backend);
      connection.joinVolume();
      return { loaded: connection, family: () => connection.family(), adopt };
    }
  }
}

function isToBeStarted({ backends }: Context, config: Dict): boolean {
  return Object.keys(config).length > 1 && !backends.has(nameOf(config));
}

/** An initialised backend; its name alone where the context takes that. */
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

/** Options as a caller would give them: they are checked when the backend is started. */
function optionsOf(config: Dict): BackendOptions {
  return Object.fromEntries(entriesOf(config)) as BackendOptions;
}
