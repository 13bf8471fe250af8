/** Attaches volumes to this host by iSCSI, with open-iscsi's `iscsiadm`. */
import { type Dict, own } from '../../cinder/dict.ts';
import { CommandFailed, DeviceUnavailable, MissingDependency, NotImplemented } from '../../errors/index.ts';
import { pause } from '../../runtime.ts';
import { Commands } from '../command.ts';
import type { ConnectorOptions, Device, HostConnector } from '../connector.ts';
import { diskSize, disksOf, isLoggedIn } from './sessions.ts';

/** How often and how long to look for the disk after the login, in milliseconds. */
const everyNow = 100;
const patience = 30_000;

/** Exit codes of iscsiadm: already logged in; no session or record to act on. */
const alreadyLoggedIn = 15;
const nothingThere = 21;

interface Unit {
  readonly portal: string;
  readonly iqn: string;
  readonly lun: number;
}

export class IscsiConnector implements HostConnector {
  readonly #commands: Commands;

  constructor({ use_multipath, root_helper }: ConnectorOptions) {
    if (use_multipath) {
      throw new NotImplemented(
        'This connector has no multipath support: set use_multipath_for_image_xfer of the backend, or multipath of ' +
          'the connector, to false, or register another with registerConnector().',
      );
    }
    this.#commands = new Commands({ rootHelper: root_helper ?? 'sudo', timeout: 120 });
  }

  async connectVolume(data: Dict): Promise<Device> {
    this.#commands.checkRoot();
    const unit = unitOf(data);
    const wasLoggedIn = isLoggedIn(unit.iqn);
    try {
      await this.#record(unit, ['--op', 'new']);
      await this.#authenticate(unit, data);
      await this.#record(unit, ['--login'], alreadyLoggedIn);
      // The unit may have been added since the login.
      if (wasLoggedIn) await this.#record(unit, ['--rescan']);
      const disk = await this.#awaitDisk(unit);
      return { type: 'block', path: `/dev/${disk}` };
    } catch (error) {
      // A failed login leaves a record behind; a login whose disk did not appear, a session.
      if (!wasLoggedIn) await this.#forget(unit).catch(() => {}); // The first error is the one to report.
      throw error;
    }
  }

  async disconnectVolume(
    data: Dict,
    _device: Dict | null,
    { force, ignore_errors }: { readonly force: boolean; readonly ignore_errors: boolean },
  ): Promise<void> {
    try {
      const unit = unitOf(data);
      // Look up its current name: after a reboot, the stored path may belong to another disk.
      const disk = disksOf(unit.iqn).get(unit.lun);
      if (disk !== undefined) await this.#flush(`/dev/${disk}`, force);
      await this.#forget(unit);
    } catch (error) {
      if (!ignore_errors) throw error;
    }
  }

  async checkValidDevice(path: string | null): Promise<boolean> {
    if (path === null) return false;
    try {
      await this.#commands.run('dd', [`if=${path}`, 'of=/dev/null', 'bs=512', 'count=1', 'status=none']);
      return true;
    } catch {
      return false;
    }
  }

  async extendVolume(data: Dict): Promise<number | null> {
    const unit = unitOf(data);
    await this.#record(unit, ['--rescan']);
    const disk = disksOf(unit.iqn).get(unit.lun);
    return disk === undefined ? null : diskSize(disk);
  }

  async #authenticate(unit: Unit, data: Dict): Promise<void> {
    if (own(data, 'auth_method') !== 'CHAP') return;
    const values = { authmethod: 'CHAP', username: data['auth_username'], password: data['auth_password'] };
    for (const [name, value] of Object.entries(values)) {
      await this.#record(unit, ['--op', 'update', '-n', `node.session.auth.${name}`, '-v', String(value)]);
    }
  }

  async #awaitDisk(unit: Unit): Promise<string> {
    for (let waited = 0; waited <= patience; waited += everyNow) {
      const disk = disksOf(unit.iqn).get(unit.lun);
      if (disk !== undefined) return disk;
      await pause(everyNow);
    }
    throw new DeviceUnavailable(
      `No disk appeared for LUN ${unit.lun} of ${unit.iqn} within ${patience / 1000} seconds of the login.`,
    );
  }

  /** Flushes the page cache of the disk to the volume before the session ends. */
  async #flush(path: string, force: boolean): Promise<void> {
    try {
      await this.#commands.run('blockdev', ['--flushbufs', path]);
    } catch (error) {
      if (!force) throw error;
    }
  }

  async #forget(unit: Unit): Promise<void> {
    const disks = new Map(disksOf(unit.iqn));
    const disk = disks.get(unit.lun);
    disks.delete(unit.lun);
    if (disks.size > 0) {
      // The target's other units use the session too.
      if (disk !== undefined) await this.#commands.run('tee', [`/sys/block/${disk}/device/delete`], { input: '1' });
      return;
    }
    if (isLoggedIn(unit.iqn)) await this.#record(unit, ['--logout'], nothingThere);
    await this.#record(unit, ['--op', 'delete'], nothingThere);
  }

  /** Runs an iscsiadm command on the node record of a target. */
  async #record(unit: Unit, parameters: readonly string[], harmless?: number): Promise<void> {
    try {
      await this.#commands.run('iscsiadm', ['-m', 'node', '-T', unit.iqn, '-p', unit.portal, ...parameters]);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (harmless !== undefined && error.exit_code === harmless) return;
      if (/iscsid is not running|can not connect to iSCSI daemon|initiator name/i.test(error.stderr)) {
        const hint = 'Start it (systemctl start iscsid), and give this host a name in /etc/iscsi/initiatorname.iscsi.';
        throw new MissingDependency(
          'iscsid',
          `The iSCSI daemon of this host does not respond. ${hint} ${error.stderr}`,
          {
            cause: error,
          },
        );
      }
      throw error;
    }
  }
}

function unitOf(data: Dict): Unit {
  const [portal, iqn, lun] = ['target_portal', 'target_iqn', 'target_lun'].map((name) => own(data, name));
  if (typeof portal === 'string' && typeof iqn === 'string' && Number.isSafeInteger(Number(lun))) {
    return { portal, iqn, lun: Number(lun) };
  }
  throw new DeviceUnavailable(
    'The connection data of the protocol iscsi must have target_portal, target_iqn and target_lun.',
  );
}
