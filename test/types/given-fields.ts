/** What the compiler must take, and refuse, of fields that are given or assigned. Compiled, never run. */
import {
  type Backend,
  type CinderlibError,
  type Context,
  type MigrationOptions,
  type NewVolumeFields,
  type PersistenceConfig,
  PersistenceDriver,
  type SetupOptions,
  type Snapshot,
  type Volume,
} from 'cinderlib-wasm';

export async function given(backend: Backend, volume: Volume, snapshot: Snapshot): Promise<void> {
  const fields: NewVolumeFields = { name: 'n', description: null, bootable: true, metadata: { a: '1' } };
  await backend.createVolume(1, { ...fields, pool_name: 'p', extra_specs: { a: '1' }, qos_specs: {} });
  await backend.createVolume(1, { id: 'chosen', created_at: undefined });
  await volume.clone({ size: 2, ...fields });
  await snapshot.createVolume({ name: 'copy' });
  await volume.createSnapshot({ name: 'before', metadata: {} });
  await volume.connect({ host: 'h' }, { attach_mode: 'ro', use_multipath: true });

  // @ts-expect-error: misspelt
  await backend.createVolume(1, { nmae: 'x' });
  // @ts-expect-error: misspelt
  await volume.clone({ extra_spec: {} });
  // @ts-expect-error: of another type
  await backend.createVolume(1, { metadata: 'x' });
  // @ts-expect-error: an argument of its own
  await backend.createVolume(1, { size: 2 });
  // @ts-expect-error: follows from the volume
  await volume.createSnapshot({ volume_id: 'x' });
  // @ts-expect-error: the first argument
  await volume.connect({ host: 'h' }, { connector: {} });
  // @ts-expect-error: takes no options
  await volume.delete({ force: true });
  // @ts-expect-error: a snapshot has no such field
  await volume.createSnapshot({ pool_name: 'p' });
  // @ts-expect-error: misspelt
  await volume.connect({ host: 'h' }, { use_multipaths: true });
  // @ts-expect-error: misspelt
  volume.dispaly_name = 'x';
  // @ts-expect-error: chosen when it is made
  volume.id = 'x';
}

const putTogether = { storage: 'db', connection: 'sqlite:///x', medium: 'opfs' };
export const configurations: readonly PersistenceConfig[] = [
  putTogether,
  { storage: 'db', medium: 'indexeddb' },
  // @ts-expect-error: of another type
  { storage: 'db', medium: 5 },
];

/** With `exactOptionalPropertyTypes`: a variable that is not set, and a file that nobody chose, count as absent. */
export const perhaps = (host: string | undefined, from: Uint8Array | undefined): SetupOptions => ({
  host,
  persistence_config: { storage: 'db', connection: 'sqlite:///x', from },
});

/** The same, and progress that is awaited. */
export const migrating = (dry_run: boolean | undefined): MigrationOptions => ({
  dry_run,
  on_progress: async ({ done }) => await Promise.resolve(void done),
});

export class Plugin extends PersistenceDriver {
  readonly hosts: string[] = [];
  override async open(context: Context): Promise<void> {
    await super.open(context);
    this.hosts.push(context.settings.host, ...context.backends.keys());
  }
}

/** What errors.md tells of them. */
export const aftermath = ({ resource, item, not_saved, not_undone }: CinderlibError): readonly unknown[] => [
  (resource as Volume | undefined)?.status,
  item?.length,
  not_saved,
  not_undone,
];
