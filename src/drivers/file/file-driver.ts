/**
 * `cinderlib_wasm.drivers.FileVolumeDriver`: every volume and snapshot is a sparse file in a folder.
 *
 * On Node, Deno and Bun that is a folder on this host, in browsers one in the origin private file system. The files
 * are named as in Cinder and contain only the bytes of the volume: any program can read them.
 */
import type { Dict } from '../../cinder/dict.ts';
import { InvalidOption, InvalidVolume, VolumeDeviceNotFound, VolumeIsBusy } from '../../errors/index.ts';
import { builtin } from '../../runtime.ts';
import type { DriverSnapshot, DriverVolume } from '../driver-objects.ts';
import { driverOptions, type OptionSchema, type OptionValues } from '../option-schema.ts';
import { thinOptions } from '../thin-options.ts';
import { type ConnectionInfo, type DriverParameters, VolumeDriver } from '../volume-driver.ts';
import { attachmentsOf, bytesOf, inGibibytes, snapshotName, sourceName, volumeName } from '../volume-names.ts';
import { HostFolder } from './host-folder.ts';
import { OpfsFolder } from './opfs-folder.ts';
import type { VolumeFolder } from './volume-folder.ts';

const fileOptions = {
  directory: {
    type: 'string',
    default: null,
    required: true,
    help: 'The folder of the files, created if missing. In browsers, a path in the origin private file system.',
  },
  ...thinOptions,
} as const satisfies OptionSchema;

export class FileVolumeDriver extends VolumeDriver {
  static override readonly options = fileOptions;
  static override readonly description = 'Sparse files in a folder: of this host, or of the browser.';

  readonly #options: OptionValues<typeof fileOptions>;
  readonly #folder: VolumeFolder;

  constructor(parameters: DriverParameters) {
    refuseOtherName(parameters.configuration);
    const { options, configuration } = driverOptions('FileVolumeDriver', fileOptions, parameters.configuration);
    super({ ...parameters, configuration });
    this.#options = options;
    const [fs, path] = [builtin('node:fs'), builtin('node:path')];
    const onHost = fs !== undefined && path !== undefined;
    this.#folder = onHost ? new HostFolder(fs, path, options.directory) : new OpfsFolder(options.directory);
  }

  override async doSetup(): Promise<void> {
    await this.#folder.prepare();
  }

  override async getVolumeStats(): Promise<Dict> {
    const { isThin } = this.#folder;
    const capacity = await this.#folder.capacity();
    const sizes = await this.#folder.sizes();
    const provisioned = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const name = this.configuration['volume_backend_name'];
    return {
      volume_backend_name: name,
      vendor_name: 'Open Source',
      driver_version: FileVolumeDriver.version,
      storage_protocol: 'file',
      shared_targets: false,
      sparse_copy_volume: isThin,
      pools: [
        {
          pool_name: name,
          total_capacity_gb: capacity === null ? 'unknown' : inGibibytes(capacity.total),
          free_capacity_gb: capacity === null ? 'unknown' : inGibibytes(capacity.free),
          provisioned_capacity_gb: inGibibytes(provisioned),
          reserved_percentage: this.#options.reserved_percentage,
          max_over_subscription_ratio: this.#options.max_over_subscription_ratio,
          thin_provisioning_support: isThin,
          thick_provisioning_support: !isThin,
          total_volumes: sizes.size,
          QoS_support: false,
          multiattach: true,
          backend_state: 'up',
        },
      ],
    };
  }

  override async createVolume(volume: DriverVolume): Promise<void> {
    await this.#folder.create(volumeName(volume), bytesOf(volume.size));
  }

  /** Does nothing if the volume does not exist. Refuses to delete a volume that a host is connected to. */
  override async deleteVolume(volume: DriverVolume): Promise<void> {
    const name = volumeName(volume);
    const [attachment] = await attachmentsOf(this.db, volume);
    if (attachment !== undefined) throw new VolumeIsBusy(name, `is connected (${attachment.id}): disconnect it first.`);
    await this.#folder.remove(name);
  }

  override async extendVolume(volume: DriverVolume, newSize: number): Promise<void> {
    const name = volumeName(volume);
    const size = await this.#sizeOf(name);
    const wanted = bytesOf(newSize);
    if (wanted < size) {
      throw new InvalidVolume(`${name} has ${inGibibytes(size)} GiB and cannot be extended to ${newSize}.`);
    }
    await this.#folder.grow(name, wanted);
  }

  override async createClonedVolume(volume: DriverVolume, source: DriverVolume): Promise<void> {
    await this.#copy(volumeName(source), volume);
  }

  override async createVolumeFromSnapshot(volume: DriverVolume, snapshot: DriverSnapshot): Promise<void> {
    await this.#copy(snapshotName(snapshot), volume);
  }

  override async createSnapshot(snapshot: DriverSnapshot): Promise<void> {
    const source = sourceName(snapshot);
    await this.#folder.copy(source, snapshotName(snapshot), await this.#sizeOf(source));
  }

  override async deleteSnapshot(snapshot: DriverSnapshot): Promise<void> {
    await this.#folder.remove(snapshotName(snapshot));
  }

  /** Nothing to export: anyone who can open the file has access. */
  override createExport(): void {}

  override removeExport(): void {}

  override async initializeConnection(volume: DriverVolume): Promise<ConnectionInfo> {
    const name = volumeName(volume);
    await this.#sizeOf(name);
    const data = { volume_id: volume.id, device_path: this.#folder.path(name), device_type: 'file' };
    return { driver_volume_type: 'local', data };
  }

  override terminateConnection(): void {}

  async #copy(from: string, volume: DriverVolume): Promise<void> {
    const size = await this.#sizeOf(from);
    const wanted = bytesOf(volume.size);
    if (wanted < size) {
      throw new InvalidVolume(`${volume.id} is to have ${volume.size} GiB, but ${from} has ${inGibibytes(size)}.`);
    }
    await this.#folder.copy(from, volumeName(volume), wanted);
  }

  async #sizeOf(name: string): Promise<number> {
    const size = await this.#folder.size(name);
    if (size === null) throw new VolumeDeviceNotFound(this.#folder.path(name));
    return size;
  }
}

/** @throws InvalidOption if the directory is missing, but seems to have been given under another name */
function refuseOtherName(given: Readonly<Dict>): void {
  const other = Object.keys(given).find(
    (name) => name !== 'directory' && /(?:^|_)(?:dir|directory|folder|path)$/i.test(name),
  );
  if (other === undefined || given['directory']) return;
  throw new InvalidOption(`The volume driver FileVolumeDriver has no option ${other}. Did you mean directory?`);
}
