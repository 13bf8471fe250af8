/**
 * `cinder.volume.drivers.lvm.LVMVolumeDriver`: logical volumes of a volume group, exported by iSCSI.
 *
 * Logical volumes are named as in Cinder, so that this driver finds volumes created by Cinder's own, and vice versa.
 * Unlike Cinder's driver, it rolls back a step that fails half-way.
 */
import type { Dict } from '../../cinder/dict.ts';
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
import {
  attachmentsOf,
  bytesOf,
  inGibibytes,
  snapshotName,
  sourceName,
  storedVolume,
  volumeName,
} from '../volume-names.ts';
import { Blocks } from './blocks.ts';
import { lvmOptions } from './options.ts';
import { LioTarget } from './targets/lio.ts';
import { LocalTarget } from './targets/local.ts';
import type { Target } from './targets/target.ts';
import { TgtTarget } from './targets/tgt.ts';
import { VolumeGroup } from './volume-group.ts';
import { VolumeStore } from './volume-store.ts';

type Options = OptionValues<typeof lvmOptions>;

export class LVMVolumeDriver extends VolumeDriver {
  static override readonly options = lvmOptions;
  static override readonly version = '3.0.0';
  static override readonly description = 'Logical volumes of a volume group, exported by iSCSI.';

  readonly #options: Options;
  readonly #commands: Commands;
  readonly #store: VolumeStore;
  readonly #target: Target;

  constructor(parameters: DriverParameters) {
    const { options, configuration } = driverOptions('LVMVolumeDriver', lvmOptions, parameters.configuration);
    super({ ...parameters, configuration });
    this.#options = options;
    const rootHelper = options.root_helper ?? parameters.root_helper ?? 'sudo';
    const { command_timeout: timeout, volume_dd_blocksize, volume_group } = options;
    this.#commands = new Commands({ rootHelper, timeout, environment: environmentOf(options) });
    const blocks = new Blocks(this.#commands, volume_dd_blocksize, timeout);
    this.#store = new VolumeStore(new VolumeGroup(this.#commands, volume_group), blocks, options);
    this.#target = targetOf(this.#commands, options);
  }

  override async checkForSetupError(): Promise<void> {
    this.#commands.checkRoot();
    await this.#store.prepare();
  }

  override async getVolumeStats(): Promise<Dict> {
    const { total, free, provisioned, volumes } = await this.#store.capacity();
    const { isThin } = this.#store;
    const { volume_group, reserved_percentage, filter_function, goodness_function } = this.#options;
    const ratio = this.#options.lvm_max_over_subscription_ratio;
    const name = this.configuration['volume_backend_name'];
    const pool = {
      pool_name: name,
      total_capacity_gb: inGibibytes(total),
      free_capacity_gb: inGibibytes(free),
      reserved_percentage,
      location_info: `LVMVolumeDriver:${hostName()}:${volume_group}:${isThin ? 'thin' : 'default'}:0`,
      QoS_support: false,
      provisioned_capacity_gb: inGibibytes(provisioned),
      max_over_subscription_ratio: ratio === null ? this.#options.max_over_subscription_ratio : String(ratio),
      thin_provisioning_support: isThin,
      thick_provisioning_support: !isThin,
      total_volumes: volumes,
      filter_function,
      goodness_function,
      multiattach: true,
      backend_state: 'up',
    };
    return {
      volume_backend_name: name,
      vendor_name: 'Open Source',
      driver_version: LVMVolumeDriver.version,
      storage_protocol: this.#target.protocol,
      pools: [pool],
      shared_targets: false,
      sparse_copy_volume: isThin,
    };
  }

  override async createVolume(volume: DriverVolume): Promise<void> {
    await this.#store.create(volumeName(volume), bytesOf(volume.size));
  }

  /** Does nothing if the volume does not exist. */
  override async deleteVolume(volume: DriverVolume): Promise<void> {
    await this.#store.delete(volumeName(volume));
  }

  override async extendVolume(volume: DriverVolume, newSize: number): Promise<void> {
    const name = volumeName(volume);
    await this.#store.extend(name, bytesOf(newSize));
    await this.#target.extend(volume, this.#store.path(name));
  }

  override async createClonedVolume(volume: DriverVolume, source: DriverVolume): Promise<void> {
    await this.#store.clone(volumeName(volume), bytesOf(volume.size), volumeName(source));
  }

  override async createVolumeFromSnapshot(volume: DriverVolume, snapshot: DriverSnapshot): Promise<void> {
    const held = bytesOf(snapshot.volume_size);
    await this.#store.restore(volumeName(volume), bytesOf(volume.size), escaped(snapshot), held);
  }

  override async createSnapshot(snapshot: DriverSnapshot): Promise<void> {
    await this.#store.snapshot(escaped(snapshot), sourceName(snapshot));
  }

  override async deleteSnapshot(snapshot: DriverSnapshot): Promise<void> {
    await this.#store.delete(escaped(snapshot));
  }

  override async createExport(_context: DriverContext, volume: DriverVolume): Promise<ModelUpdate> {
    // Read the stored volume, which has the credentials of an existing export; the given object may be stale.
    const stored = await storedVolume(this.db, volume);
    const made = await this.#target.create(stored, await this.#store.activePath(volumeName(volume)));
    return made === null ? null : { ...made };
  }

  /** Called after every disconnect: an export that other hosts still use is kept. */
  override async removeExport(_context: DriverContext, volume: DriverVolume): Promise<void> {
    if ((await attachmentsOf(this.db, volume)).length > 0) return;
    await this.#target.remove(await storedVolume(this.db, volume));
  }

  override async initializeConnection(volume: DriverVolume, connector: DriverConnector): Promise<ConnectionInfo> {
    return this.#target.connect(volume, this.#store.path(volumeName(volume)), connector);
  }

  override async terminateConnection(volume: DriverVolume, connector: DriverConnector | null): Promise<void> {
    // A host with several connections to the volume loses access only with the last one.
    const initiator = connector?.['initiator'];
    const same = (await attachmentsOf(this.db, volume)).filter((each) => each.connector?.['initiator'] === initiator);
    if (same.length <= 1) await this.#target.disconnect(volume, connector);
  }

  override validateConnector(connector: DriverConnector): void {
    this.#target.validate(connector);
  }
}

/** LVM reserves names that begin with `snapshot`. */
function escaped(snapshot: DriverSnapshot): string {
  return `_${snapshotName(snapshot)}`;
}

function environmentOf({ lvm_conf_file, lvm_suppress_fd_warnings }: Options): Record<string, string> {
  const isThere = lvm_conf_file.toLowerCase() !== 'none' && builtin('node:fs')?.existsSync(lvm_conf_file) === true;
  const folder = isThere ? builtin('node:path')?.dirname(lvm_conf_file) : undefined;
  return {
    ...(folder === undefined ? {} : { LVM_SYSTEM_DIR: folder }),
    ...(lvm_suppress_fd_warnings ? { LVM_SUPPRESS_FD_WARNINGS: '1' } : {}),
  };
}

function targetOf(commands: Commands, options: Options): Target {
  if (options.target_protocol === 'local') return new LocalTarget();
  return options.target_helper === 'lioadm' ? new LioTarget(commands, options) : new TgtTarget(commands, options);
}
