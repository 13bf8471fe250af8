/** Exports volumes through tgt, the user-space target daemon, with its tool `tgtadm`. */
import { CommandFailed, MissingDependency, VolumeBackendAPIException } from '../../../errors/index.ts';
import type { Commands } from '../../command.ts';
import type { DriverVolume } from '../../driver-objects.ts';
import type { Credentials } from './credentials.ts';
import { IscsiTarget, type TargetOptions, type Unit } from './iscsi.ts';

/** How often to try the next target number, in case another program chooses the same one concurrently. */
const attempts = 20;

/** The SCSI caching mode page with the write cache bit cleared; tgtadm has no other way to say this. */
const withoutWriteCache = 'mode_page=8:0:18:0x10:0:0xff:0xff:0:0:0xff:0xff:0xff:0xff:0x80:0x14:0:0:0:0:0:0';

export class TgtTarget extends IscsiTarget {
  readonly #commands: Commands;
  readonly #writeCache: string;
  readonly #flags: string;
  /** LUN 0 is the controller; disks start at 1. */
  protected override readonly lun = 1;

  constructor(commands: Commands, options: TargetOptions) {
    super(options);
    this.#commands = commands;
    this.#writeCache = options.iscsi_write_cache;
    this.#flags = options.iscsi_target_flags;
  }

  protected override async make(unit: Unit, credentials: Credentials): Promise<number> {
    const { iqn } = unit;
    const { username, password } = credentials;
    const number = await this.#newTarget(iqn);
    const target = ['--tid', String(number)];
    try {
      await this.#unless(/already exists/, 'account', 'new', ['--user', username, '--password', password]);
      await this.#tgtadm('account', 'bind', [...target, '--user', username]);
      await this.#newUnit(number, unit);
      // Last, since from here on hosts can log in.
      await this.#tgtadm('target', 'bind', [...target, '-I', 'ALL']);
      return number;
    } catch (error) {
      await this.unmake(iqn, credentials).catch(() => {}); // The first error is the one to report.
      throw error;
    }
  }

  protected override async unmake(iqn: string, credentials: Credentials | null): Promise<void> {
    const number = await this.find(iqn);
    if (number !== null) {
      await this.#unless(/can't find the target/, 'target', 'delete', ['--force', '--tid', String(number)]);
      if ((await this.find(iqn)) !== null) {
        // While a host is logged in, tgt may report success without doing anything.
        throw new VolumeBackendAPIException(`tgt did not remove the target ${iqn}: log out the hosts that use it.`);
      }
    }
    if (credentials === null) return;
    // Configured credentials are shared with other volumes: their account is deleted with the last target that uses it.
    if (this.isShared(credentials) && (await this.#isNamed(credentials.username))) return;
    await this.#unless(/can't find the account/, 'account', 'delete', ['--user', credentials.username]);
  }

  protected override async find(iqn: string): Promise<number | null> {
    return (await this.#targets()).get(iqn) ?? null;
  }

  /** tgt reads the size of a device only once, so the unit is recreated; logged-in hosts see a short interruption. */
  override async extend(volume: DriverVolume, path: string): Promise<void> {
    const unit = await this.unit(volume, path);
    const number = await this.find(unit.iqn);
    if (number === null) return;
    await this.#tgtadm('logicalunit', 'delete', ['--tid', String(number), '--lun', String(this.lun)]);
    await this.#newUnit(number, unit);
  }

  async #newUnit(number: number, { path, serial }: Unit): Promise<void> {
    const unit = ['--tid', String(number), '--lun', String(this.lun)];
    const flags = this.#flags === '' ? [] : ['--bsoflags', this.#flags];
    await this.#tgtadm('logicalunit', 'new', [...unit, '-b', path, ...flags]);
    const identity = `scsi_id=${serial},scsi_sn=${serial}`;
    const cache = this.#writeCache === 'off' ? `,${withoutWriteCache}` : '';
    await this.#tgtadm('logicalunit', 'update', [...unit, '--params', `thin_provisioning=1,${identity}${cache}`]);
  }

  async #newTarget(iqn: string): Promise<number> {
    let number = Math.max(0, ...(await this.#targets()).values());
    for (let attempt = 0; ; attempt += 1) {
      number += 1;
      try {
        await this.#tgtadm('target', 'new', ['--tid', String(number), '-T', iqn]);
        return number;
      } catch (error) {
        const taken = error instanceof CommandFailed && /already exists/.test(error.stderr);
        if (!taken || attempt === attempts || (await this.#targets()).has(iqn)) throw error;
      }
    }
  }

  async #isNamed(username: string): Promise<boolean> {
    const lines = (await this.#tgtadm('target', 'show', [])).split('\n');
    return lines.some((line) => line.trim() === username);
  }

  /** The targets by name, parsed from lines such as `Target 1: iqn…`: tgt has no machine-readable output. */
  async #targets(): Promise<ReadonlyMap<string, number>> {
    const text = await this.#tgtadm('target', 'show', []);
    return new Map(
      [...text.matchAll(/^Target (?<number>\d+): (?<iqn>\S+)$/gm)].map(({ groups }) => [
        groups?.['iqn'] ?? '',
        Number(groups?.['number']),
      ]),
    );
  }

  async #unless(harmless: RegExp, mode: string, operation: string, parameters: readonly string[]): Promise<void> {
    try {
      await this.#tgtadm(mode, operation, parameters);
    } catch (error) {
      if (!(error instanceof CommandFailed && harmless.test(error.stderr))) throw error;
    }
  }

  async #tgtadm(mode: string, operation: string, parameters: readonly string[]): Promise<string> {
    try {
      return await this.#commands.run('tgtadm', ['--lld', 'iscsi', '--mode', mode, '--op', operation, ...parameters]);
    } catch (error) {
      if (!(error instanceof CommandFailed && /tgt daemon|not connected|can't connect/i.test(error.stderr)))
        throw error;
      throw new MissingDependency(
        'tgtd',
        `The tgt daemon is not running: start it (systemctl start tgt). ${error.stderr}`,
        {
          cause: error,
        },
      );
    }
  }
}
