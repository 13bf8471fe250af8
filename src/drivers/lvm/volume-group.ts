/** A volume group and its logical volumes, through LVM's commands. */
import {
  CommandFailed,
  DuplicateEntry,
  InvalidOption,
  MissingDependency,
  StorageFull,
  VolumeDeviceNotFound,
  VolumeGroupNotFound,
  VolumeIsBusy,
} from '../../errors/index.ts';
import type { Commands } from '../command.ts';
import {
  asReport,
  type GroupSize,
  type LogicalVolume,
  logicalVolumeFields,
  readGroupSize,
  readLogicalVolumes,
  volumeGroupFields,
} from './report.ts';

/** Makes `lvremove` retry while something such as udev briefly has the device open. */
const patient = ['--config', 'activation { retry_deactivation = 1 }'];

export class VolumeGroup {
  readonly name: string;
  readonly #commands: Commands;

  constructor(commands: Commands, name: string) {
    // The name is passed as an argument: one that begins with a dash would be taken for an option.
    if (!/^[\w.+][\w.+-]*$/.test(name))
      throw new InvalidOption(`${JSON.stringify(name)} is not a valid volume group name.`);
    this.#commands = commands;
    this.name = name;
  }

  /** The path of a logical volume's device, which exists while the volume is active. */
  path(name: string): string {
    return `/dev/${this.name}/${name}`;
  }

  async size(): Promise<GroupSize> {
    const size = readGroupSize(await this.#lvm('vgs', this.name, [...asReport, '-o', volumeGroupFields, this.name]));
    if (size === null) throw new VolumeGroupNotFound(this.name);
    return size;
  }

  async volumes(): Promise<ReadonlyMap<string, LogicalVolume>> {
    return readLogicalVolumes(await this.#lvm('lvs', this.name, [...asReport, '-o', logicalVolumeFields, this.name]));
  }

  /** The logical volume of that name. Throws `VolumeDeviceNotFound`. */
  async volume(name: string): Promise<LogicalVolume> {
    const volume = (await this.volumes()).get(name);
    if (volume === undefined) throw new VolumeDeviceNotFound(this.path(name));
    return volume;
  }

  /** Creates a thick volume. */
  async create(name: string, bytes: number): Promise<void> {
    await this.#make(name, ['-L', `${bytes}b`, this.name]);
  }

  async createThin(name: string, bytes: number, pool: string): Promise<void> {
    await this.#make(name, ['--thin', '-V', `${bytes}b`, `${this.name}/${pool}`]);
  }

  async createPool(name: string, bytes: number): Promise<void> {
    await this.#make(name, ['--type', 'thin-pool', '-L', `${bytes}b`, this.name]);
  }

  /** Creates a snapshot with room for a copy of all of its origin, so that it can never run full. */
  async snapshot(name: string, origin: string): Promise<void> {
    await this.#make(name, ['--snapshot', '-l', '100%ORIGIN', `${this.name}/${origin}`]);
  }

  /** Creates a snapshot in the pool of its origin. It is activated immediately, and whenever the group is. */
  async thinSnapshot(name: string, origin: string): Promise<void> {
    await this.#make(name, ['--snapshot', '--setactivationskip', 'n', `${this.name}/${origin}`]);
  }

  async activate(name: string): Promise<void> {
    // -K, since thin snapshots created by Cinder's own driver have the activation skip flag set.
    await this.#lvm('lvchange', name, ['-a', 'y', '-K', `${this.name}/${name}`]);
  }

  async deactivate(name: string): Promise<void> {
    await this.#lvm('lvchange', name, ['-a', 'n', `${this.name}/${name}`]);
  }

  async extend(name: string, bytes: number): Promise<void> {
    await this.#lvm('lvextend', name, ['-L', `${bytes}b`, `${this.name}/${name}`]);
  }

  async remove(name: string): Promise<void> {
    await this.#lvm('lvremove', name, [...patient, '-f', `${this.name}/${name}`]);
  }

  /** -y answers the prompts about wiping signatures. */
  async #make(name: string, parameters: readonly string[]): Promise<void> {
    await this.#lvm('lvcreate', name, ['-y', '-n', name, ...parameters]);
  }

  async #lvm(program: string, name: string, parameters: readonly string[]): Promise<string> {
    try {
      return await this.#commands.run(program, parameters);
    } catch (error) {
      // The reporting commands are known to crash occasionally; repeating them is harmless.
      const crashed = error instanceof CommandFailed && error.exit_code === 139;
      if (crashed && /^[lv][vg]s$/.test(program)) return this.#commands.run(program, parameters);
      throw error instanceof CommandFailed ? this.#explained(name, error) : error;
    }
  }

  /** Converts LVM's message to the corresponding error. */
  #explained(name: string, error: CommandFailed): Error {
    const { stderr } = error;
    if (/Volume group .* not found/.test(stderr)) return new VolumeGroupNotFound(this.name);
    if (
      /insufficient (?:suitable |free )|Insufficient (?:suitable |free )|not enough free|above threshold/i.test(stderr)
    ) {
      return new StorageFull(this.name, `Volume group ${this.name} has no space for ${name}: ${stderr}`, {
        cause: error,
      });
    }
    if (/already exists in volume group/.test(stderr)) {
      return new DuplicateEntry(`${this.path(name)} already exists.`, { cause: error });
    }
    if (/in use|is used by another device|open logical volume|Device or resource busy/.test(stderr)) {
      return new VolumeIsBusy(
        name,
        `is in use: disconnect it, or close the program that has ${this.path(name)} open. ${stderr}`,
      );
    }
    if (/Failed to find logical volume|not found in volume group/.test(stderr)) {
      return new VolumeDeviceNotFound(this.path(name));
    }
    const target = stderr.match(
      /(?<name>[\w-]+)[: ].*(?:target support missing from kernel|not detected in your kernel)/,
    );
    if (target !== null || /not detected in your kernel|without using device-mapper/.test(stderr)) {
      return new MissingDependency('device-mapper', `The kernel of this host lacks what LVM needs: ${stderr}`, {
        cause: error,
      });
    }
    if (/thin_check|thin_repair/.test(stderr) && /No such file|execvp/.test(stderr)) {
      const how = 'apt-get install thin-provisioning-tools, or similar';
      return new MissingDependency('thin_check', `LVM needs thin_check for thin volumes: ${how}. ${stderr}`, {
        cause: error,
      });
    }
    return error;
  }
}
