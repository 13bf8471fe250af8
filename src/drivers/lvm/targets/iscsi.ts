/**
 * The base class of iSCSI targets: names, portals, credentials and connection data. As in Cinder, each volume is one
 * target with one logical unit, protected by CHAP.
 */
import type { Dict } from '../../../cinder/dict.ts';
import { InvalidConnectorException, InvalidOption, VolumeBackendAPIException } from '../../../errors/index.ts';
import { hostConnectorProperties } from '../../connector.ts';
import type { DriverVolume } from '../../driver-objects.ts';
import type { OptionValues } from '../../option-schema.ts';
import type { ConnectionInfo, DriverConnector } from '../../volume-driver.ts';
import { volumeName } from '../../volume-names.ts';
import type { lvmOptions } from '../options.ts';
import { type Credentials, randomCredentials } from './credentials.ts';
import { serialOf } from './serial.ts';
import type { Export, Target } from './target.ts';

export type TargetOptions = OptionValues<typeof lvmOptions>;

/** An exported volume. */
export interface Unit {
  /** The IQN of its target. */
  readonly iqn: string;
  /** Its device on this host. */
  readonly path: string;
  readonly serial: string;
}

export abstract class IscsiTarget implements Target {
  readonly protocol = 'iSCSI';
  readonly #options: TargetOptions;
  /** The logical unit number of every volume. */
  protected abstract readonly lun: number;

  constructor(options: TargetOptions) {
    const { use_chap_auth, chap_username, chap_password, target_prefix } = options;
    if (use_chap_auth && (chap_username === '' || chap_password === '')) {
      throw new InvalidOption(
        'use_chap_auth needs chap_username and chap_password; without it each volume has its own.',
      );
    }
    if (/\s/.test(`${chap_username}${chap_password}`)) {
      throw new InvalidOption(
        'chap_username and chap_password cannot contain white space, which separates them when stored.',
      );
    }
    if (!/^[\w.:-]*$/.test(target_prefix))
      throw new InvalidOption(`${target_prefix} is not a valid prefix of target names.`);
    this.#options = options;
  }

  /** Creates the target and returns the tool's number for it. A failure leaves nothing behind. */
  protected abstract make(unit: Unit, credentials: Credentials): Promise<number>;
  /** The number of the target; null if it does not exist. */
  protected abstract find(iqn: string): Promise<number | null>;
  protected abstract unmake(iqn: string, credentials: Credentials | null): Promise<void>;
  abstract extend(volume: DriverVolume, path: string): Promise<void>;

  async create(volume: DriverVolume, path: string): Promise<Export> {
    const iqn = this.iqn(volume);
    const known = credentialsOf(volume);
    let number = await this.find(iqn);
    if (number !== null && known === null) {
      // Created by a program that ended before it stored the credentials.
      await this.unmake(iqn, null);
      number = null;
    }
    const credentials = known ?? this.#configured() ?? randomCredentials();
    number ??= await this.make(await this.unit(volume, path), credentials);
    const location = `${this.#portals().join(';')},${number} ${iqn} ${this.lun}`;
    return { provider_location: location, provider_auth: `CHAP ${credentials.username} ${credentials.password}` };
  }

  async remove(volume: DriverVolume): Promise<void> {
    const iqn = this.iqn(volume);
    if ((await this.find(iqn)) !== null) await this.unmake(iqn, credentialsOf(volume));
  }

  async connect(volume: DriverVolume, _path: string, connector: DriverConnector): Promise<ConnectionInfo> {
    const location = volume.provider_location?.match(/^(?<portals>\S+),\S+ (?<iqn>\S+)(?: (?<lun>\d+))?$/)?.groups;
    if (location === undefined) {
      throw new VolumeBackendAPIException(
        `${volumeName(volume)} is not exported: its provider_location names no target.`,
      );
    }
    const portals = (location['portals'] ?? '').split(';');
    const [iqn, lun] = [location['iqn'], Number(location['lun'] ?? 0)];
    const several = portals.length > 1 || connector['multipath'] === true;
    const paths = {
      target_portals: portals,
      target_iqns: portals.map(() => iqn),
      target_luns: portals.map(() => lun),
    };
    const credentials = credentialsOf(volume);
    const auth = credentials !== null && {
      auth_method: 'CHAP',
      auth_username: credentials.username,
      auth_password: credentials.password,
    };
    const data: Dict = {
      target_discovered: false,
      ...(several && paths),
      target_portal: portals[0],
      target_iqn: iqn,
      target_lun: lun,
      volume_id: volume.id,
      ...auth,
      encrypted: volume.encryption_key_id !== null,
    };
    return { driver_volume_type: 'iscsi', data };
  }

  async disconnect(_volume: DriverVolume, _connector: DriverConnector | null): Promise<void> {
    // Nothing to revoke: while the target exists, anyone with the credentials has access.
  }

  validate(connector: DriverConnector): void {
    if (typeof connector['initiator'] !== 'string') throw new InvalidConnectorException('initiator');
  }

  protected async unit(volume: DriverVolume, path: string): Promise<Unit> {
    return { iqn: this.iqn(volume), path, serial: await serialOf(volume) };
  }

  protected iqn(volume: DriverVolume): string {
    return `${this.#options.target_prefix}${volumeName(volume)}`;
  }

  /** Whether the credentials are the configured ones, which all targets share. */
  protected isShared(credentials: Credentials): boolean {
    return credentials.username === this.#configured()?.username;
  }

  /** The addresses that hosts connect to, without the port. */
  protected addresses(): readonly string[] {
    const { target_ip_address, iscsi_secondary_ip_addresses } = this.#options;
    return [target_ip_address ?? hostConnectorProperties().ip ?? '127.0.0.1', ...iscsi_secondary_ip_addresses].map(
      (address) => (address.includes(':') && !address.startsWith('[') ? `[${address}]` : address),
    );
  }

  #portals(): string[] {
    return this.addresses().map((address) => `${address}:${this.#options.target_port}`);
  }

  #configured(): Credentials | null {
    const { use_chap_auth, chap_username, chap_password } = this.#options;
    return use_chap_auth ? { username: chap_username, password: chap_password } : null;
  }
}

/** The credentials stored in the volume; null if there are none. */
export function credentialsOf({ provider_auth }: DriverVolume): Credentials | null {
  const [method, username, password] = provider_auth?.split(' ') ?? [];
  return method === 'CHAP' && username && password ? { username, password } : null;
}
