/**
 * `cinder.volume.drivers.lvm.LVMVolumeDriver`: logical volumes of a volume group, exported by iSCSI.
 *
 * Names on the disk are Cinder's, so that volumes which Cinder's own driver made are found here, and the other
 * way round. It differs in what it does when something fails: a step that cannot be finished is taken back.
 */
import type { Dict } from '../../cinder/dict.ts';
import { InvalidVolume, MissingDependency, VolumeBackendAPIException, VolumeIsBusy } from '../../errors/index.ts';
import { builtin, hostName } from '../../runtime.ts';
import { Commands } from '../command.ts';
import type { DriverSnapshot, DriverVolume } from '../driver-objects.ts';
import { driverOptions, type OptionValues } from '../option-schema.ts';
import {
  type ConnectionInfo,
  type DriverConnector,
  type DriverContext,
  type DriverParameters,
  type ModelUpdate,
  VolumeDriver,
} from '../volume-driver.ts';
import { attachmentsOf, bytesOf, inGibibytes, snapshotName, sourceName, volumeName } from '../volume-names.ts';
import { Blocks } from './blocks.ts';
import { lvmOptions } from './options.ts';
import type { LogicalVolume } from './report.ts';
import { LioTarget } from './targets/lio.ts';
import { LocalTarget } from './targets/local.ts';
import type { Target } from './targets/target.ts';
import { TgtTarget } from './targets/tgt.ts';
import { VolumeGroup } from './volume-group.ts';

const mebibyte = 1024 ** 2;
/** How much of a group becomes the pool: the rest is for what LVM notes of it. */
const poolShare = 0.95;

export class LVMVolumeDriver extends VolumeDriver {
  static override readonly options = lvmOptions;
  static override readonly version = '3.0.0';
  static override readonly description = 'Logical volumes of a volume group, exported by iSCSI.';

  readonly #options: OptionValues<typeof lvmOptions>;
  readonly #commands: Commands;
  readonly #group: VolumeGroup;
  readonly #blocks: Blocks;
  readonly #target: Target;
  readonly #pool: string;
  #isThin = false;

  constructor(parameters: DriverParameters) {
    const { options, configuration } = driverOptions('LVMVolumeDriver', lvmOptions, parameters.configuration);
    super({ ...parameters, configuration });
    this.#options = options;
    const rootHelper = options.root_helper ?? parameters.root_helper ?? 'sudo';
    const environment = environmentOf(options);
    this.#commands = new Commands({ rootHelper, timeout: options.command_timeout, environment });
    this.#group = new VolumeGroup(this.#commands, options.volume_group);
    this.#blocks = new Blocks(this.#commands, options.volume_dd_blocksize, options.command_timeout);
    this.#target = targetOf(this.#commands, options);
    this.#pool = `${options.volume_group}-pool`;
  }

  override async checkForSetupError(): Promise<void> {
    this.#commands.checkRoot();
    await this.#group.size();
    const volumes = await this.#group.volumes();
    const { lvm_type } = this.#options;
    const hasPool = volumes.has(this.#pool);
    this.#isThin = lvm_type === 'thin' || (lvm_type === 'auto' && (hasPool || volumes.size === 0));
    if (!this.#isThin || hasPool) return;
    try {
      await this.#createPool();
    } catch (error) {
      // auto means: thin where this host can.
      if (lvm_type !== 'auto' || !(error instanceof MissingDependency)) throw error;
      this.#isThin = false;
    }
  }

  override async getVolumeStats(): Promise<Dict> {
    const { bytes, free } = await this.#group.size();
    const volumes = await this.#group.volumes();
    const pool = this.#isThin ? volumes.get(this.#pool) : undefined;
    const total = pool?.bytes ?? bytes;
    const left = pool === undefined ? free : (pool.bytes * (100 - pool.usedPercent)) / 100;
    const promised = [...volumes.values()].filter((volume) => volume.pool === this.#pool);
    const provisioned = pool === undefined ? bytes - free : promised.reduce((sum, volume) => sum + volume.bytes, 0);
    const { volume_group, reserved_percentage, lvm_max_over_subscription_ratio } = this.#options;
    const type = this.#isThin ? 'thin' : 'default';
    const name = this.configuration['volume_backend_name'];
    return {
      volume_backend_name: name,
      vendor_name: 'Open Source',
      driver_version: LVMVolumeDriver.version,
      storage_protocol: this.#target.protocol,
      pools: [
        {
          pool_name: name,
          total_capacity_gb: inGibibytes(total),
          free_capacity_gb: inGibibytes(left),
          reserved_percentage,
          location_info: `LVMVolumeDriver:${hostName()}:${volume_group}:${type}:0`,
          QoS_support: false,
          provisioned_capacity_gb: inGibibytes(provisioned),
          max_over_subscription_ratio:
            lvm_max_over_subscription_ratio === null
              ? this.#options.max_over_subscription_ratio
              : String(lvm_max_over_subscription_ratio),
          thin_provisioning_support: this.#isThin,
          thick_provisioning_support: !this.#isThin,
          total_volumes: volumes.size,
          filter_function: null,
          goodness_function: null,
          multiattach: true,
          backend_state: 'up',
        },
      ],
      shared_targets: false,
      sparse_copy_volume: this.#isThin,
    };
  }

  override async createVolume(volume: DriverVolume): Promise<void> {
    await this.#create(volumeName(volume), bytesOf(volume.size));
  }

  /** A volume that is not there counts as deleted. */
  override async deleteVolume(volume: DriverVolume): Promise<void> {
    const name = volumeName(volume);
    const volumes = await this.#group.volumes();
    const found = volumes.get(name);
    if (found === undefined) return;
    const snapshots = [...volumes.values()].filter(({ origin, pool }) => origin === name && pool === null);
    if (snapshots.length > 0)
      throw new VolumeIsBusy(name, `has snapshots: ${snapshots.map((each) => each.name).join(', ')}.`);
    await this.#delete(found, this.#group.path(name));
  }

  override async createSnapshot(snapshot: DriverSnapshot): Promise<void> {
    await this.#snapshot(escaped(snapshotName(snapshot)), sourceName(snapshot));
  }

  override async deleteSnapshot(snapshot: DriverSnapshot): Promise<void> {
    await this.#deleteSnapshot(escaped(snapshotName(snapshot)));
  }

  override async createVolumeFromSnapshot(volume: DriverVolume, snapshot: DriverSnapshot): Promise<void> {
    const name = escaped(snapshotName(snapshot));
    const source = await this.#group.volume(name);
    if (source.isLost) {
      throw new VolumeBackendAPIException(`${name} has run full and is lost: what it held cannot be read any more.`);
    }
    await this.#copy(name, bytesOf(snapshot.volume_size), volume);
  }

  override async createClonedVolume(volume: DriverVolume, source: DriverVolume): Promise<void> {
    const name = volumeName(source);
    if ((await this.#group.volume(name)).pool !== null) return this.#copy(name, bytesOf(source.size), volume);
    // Copied from a snapshot: the source may be in use.
    const snapshot = `clone-snap-${volume.id}`;
    await this.#group.snapshot(snapshot, name);
    try {
      await this.#copy(snapshot, bytesOf(source.size), volume);
    } catch (error) {
      await this.#group.removeLeftover(snapshot);
      throw error;
    }
    await this.#deleteSnapshot(snapshot);
  }

  override async extendVolume(volume: DriverVolume, newSize: number): Promise<void> {
    const name = volumeName(volume);
    await this.#extend(name, bytesOf(newSize));
    await this.#target.extend(volume, this.#group.path(name));
  }

  override async createExport(_context: DriverContext, volume: DriverVolume): Promise<ModelUpdate> {
    const name = volumeName(volume);
    if (!(await this.#group.volume(name)).isActive) await this.#group.activate(name);
    const made = await this.#target.create(volume, this.#group.path(name));
    return made === null ? null : { ...made };
  }

  /** The library asks for this after every disconnect: an export that other hosts use stays. */
  override async removeExport(_context: DriverContext, volume: DriverVolume): Promise<void> {
    if ((await attachmentsOf(this.db, volume)).length > 0) return;
    await this.#target.remove(volume);
  }

  override async initializeConnection(volume: DriverVolume, connector: DriverConnector): Promise<ConnectionInfo> {
    return this.#target.connect(volume, this.#group.path(volumeName(volume)), connector);
  }

  override async terminateConnection(volume: DriverVolume, connector: DriverConnector | null): Promise<void> {
    // A host that is connected twice to the volume is let out with the last connection.
    const initiator = connector?.['initiator'];
    const same = (await attachmentsOf(this.db, volume)).filter((each) => each.connector?.['initiator'] === initiator);
    if (same.length <= 1) await this.#target.disconnect(volume, connector);
  }

  override validateConnector(connector: DriverConnector): void {
    this.#target.validate(connector);
  }

  async #createPool(): Promise<void> {
    const { free, extent } = await this.#group.size();
    const bytes = Math.floor((free * poolShare) / extent) * extent;
    await this.#group.createPool(this.#pool, bytes);
  }

  async #create(name: string, bytes: number): Promise<void> {
    if (this.#isThin) await this.#group.createThin(name, bytes, this.#pool);
    else await this.#group.create(name, bytes);
  }

  async #snapshot(name: string, source: string): Promise<void> {
    const { pool } = await this.#group.volume(source);
    if (pool === null) await this.#group.snapshot(name, source);
    else await this.#group.thinSnapshot(name, source);
  }

  /** Makes the volume of what a volume or snapshot of the group holds. */
  async #copy(from: string, bytes: number, volume: DriverVolume): Promise<void> {
    const name = volumeName(volume);
    const wanted = bytesOf(volume.size);
    if (wanted < bytes) {
      throw new InvalidVolume(`${name} is to have ${volume.size} GiB, but ${from} has ${inGibibytes(bytes)}.`);
    }
    const { pool, isActive } = await this.#group.volume(from);
    if (pool === null) await this.#create(name, wanted);
    else await this.#group.thinSnapshot(name, from);
    try {
      if (pool !== null) {
        if (wanted > bytes) await this.#group.extend(name, wanted);
        return;
      }
      if (!isActive) await this.#group.activate(from);
      await this.#blocks.copy(this.#group.path(from), this.#group.path(name), bytes);
    } catch (error) {
      await this.#group.removeLeftover(name);
      throw error;
    }
  }

  async #extend(name: string, bytes: number): Promise<void> {
    const volumes = await this.#group.volumes();
    const volume = volumes.get(name) ?? (await this.#group.volume(name));
    if (bytes < volume.bytes) {
      throw new InvalidVolume(
        `${name} has ${inGibibytes(volume.bytes)} GiB and cannot be extended to ${inGibibytes(bytes)}.`,
      );
    }
    if (bytes === volume.bytes) return;
    const hasSnapshots = [...volumes.values()].some(({ origin, pool }) => origin === name && pool === null);
    if (!hasSnapshots) return this.#group.extend(name, bytes);
    // LVM resizes the origin of such snapshots only while nobody can use it.
    await this.#group.deactivate(name);
    try {
      await this.#group.extend(name, bytes);
    } finally {
      await this.#group.activate(name);
    }
  }

  async #deleteSnapshot(name: string): Promise<void> {
    const found = (await this.#group.volumes()).get(name);
    // What a snapshot holds of its own is in its store, a device beside it; its device shows the origin too.
    if (found !== undefined) await this.#delete(found, `${mapped(this.#group.name, name)}-cow`);
  }

  async #delete({ name, bytes, pool, isOpen, isActive }: LogicalVolume, device: string): Promise<void> {
    // Before it is wiped: Cinder's driver wipes a volume in use, and then finds that it cannot be removed.
    if (isOpen) throw new VolumeIsBusy(name, 'is in use: disconnect it, or close what has it open.');
    const { volume_clear, volume_clear_size, volume_clear_ionice } = this.#options;
    if (volume_clear !== 'none' && pool === null) {
      if (!isActive) await this.#group.activate(name);
      const wiped = volume_clear_size === 0 ? bytes : Math.min(bytes, volume_clear_size * mebibyte);
      await this.#blocks.wipe(device, wiped, volume_clear_ionice);
    }
    await this.#group.remove(name);
  }
}

/** LVM keeps names that begin with `snapshot` for itself. */
function escaped(name: string): string {
  return name.startsWith('snapshot') ? `_${name}` : name;
}

/** Where the device mapper shows a volume: dashes in names are doubled, a single one stands between them. */
function mapped(group: string, name: string): string {
  return `/dev/mapper/${group.replaceAll('-', '--')}-${name.replaceAll('-', '--')}`;
}

function environmentOf({
  lvm_conf_file,
  lvm_suppress_fd_warnings,
}: OptionValues<typeof lvmOptions>): Record<string, string> {
  const isThere = lvm_conf_file.toLowerCase() !== 'none' && builtin('node:fs')?.existsSync(lvm_conf_file) === true;
  const folder = isThere ? builtin('node:path')?.dirname(lvm_conf_file) : undefined;
  return {
    ...(folder === undefined ? {} : { LVM_SYSTEM_DIR: folder }),
    ...(lvm_suppress_fd_warnings ? { LVM_SUPPRESS_FD_WARNINGS: '1' } : {}),
  };
}

function targetOf(commands: Commands, options: OptionValues<typeof lvmOptions>): Target {
  if (options.target_protocol === 'local') return new LocalTarget();
  return options.target_helper === 'lioadm' ? new LioTarget(commands, options) : new TgtTarget(commands, options);
}
