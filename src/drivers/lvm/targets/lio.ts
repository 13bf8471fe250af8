/**
 * Exports volumes through LIO, the kernel's target, by its configfs tree: folders are objects, files are their
 * attributes, symbolic links connect them. Values are written through standard input, so that secrets never appear in
 * command lines, which others could see.
 */
import { CommandFailed, InvalidConnectorException, MissingDependency } from '../../../errors/index.ts';
import { builtin } from '../../../runtime.ts';
import type { Commands } from '../../command.ts';
import type { DriverVolume } from '../../driver-objects.ts';
import type { ConnectionInfo, DriverConnector } from '../../volume-driver.ts';
import type { Credentials } from './credentials.ts';
import { credentialsOf, IscsiTarget, type TargetOptions, type Unit } from './iscsi.ts';

const root = '/sys/kernel/config/target';

export class LioTarget extends IscsiTarget {
  readonly #commands: Commands;
  readonly #port: number;
  protected override readonly lun = 0;

  constructor(commands: Commands, options: TargetOptions) {
    super(options);
    this.#commands = commands;
    this.#port = options.target_port;
  }

  override async connect(volume: DriverVolume, path: string, connector: DriverConnector): Promise<ConnectionInfo> {
    const credentials = credentialsOf(volume);
    const initiator = initiatorOf(connector);
    if (credentials !== null) await this.#letIn(this.#group(this.iqn(volume)), initiator, credentials);
    return super.connect(volume, path, connector);
  }

  override async disconnect(volume: DriverVolume, connector: DriverConnector | null): Promise<void> {
    if (connector === null || typeof connector['initiator'] !== 'string') return;
    await this.#letOut(this.#group(this.iqn(volume)), initiatorOf(connector));
  }

  /** Nothing to do: whenever a host asks for the size, the kernel asks the device. */
  override async extend(): Promise<void> {}

  protected override async make(unit: Unit, credentials: Credentials): Promise<number> {
    await this.#checkKernel();
    const { iqn } = unit;
    const group = this.#group(iqn);
    try {
      const store = await this.#newStore(unit);
      await this.#mkdir(`${group}/lun/lun_0`);
      await this.#write(`${group}/attrib/authentication`, '1');
      await this.#write(`${group}/attrib/generate_node_acls`, '0');
      await this.#link(store, `${group}/lun/lun_0/${linkName}`);
      for (const address of this.addresses()) await this.#mkdir(`${group}/np/${address}:${this.#port}`);
      await this.#write(`${group}/enable`, '1');
      return 1;
    } catch (error) {
      await this.unmake(iqn, credentials).catch(() => {}); // The first error is the one to report.
      throw error;
    }
  }

  /** Removes the tree from its leaves up: the kernel refuses to remove an object that others depend on. */
  protected override async unmake(iqn: string, _credentials: Credentials | null): Promise<void> {
    const group = this.#group(iqn);
    if (exists(group)) {
      if (exists(`${group}/enable`)) await this.#write(`${group}/enable`, '0');
      for (const initiator of entries(`${group}/acls`)) await this.#letOut(group, initiator);
      for (const portal of entries(`${group}/np`)) await this.#rmdir(`${group}/np/${portal}`);
      for (const unit of entries(`${group}/lun`)) {
        await this.#unlink(`${group}/lun/${unit}/${linkName}`);
        await this.#rmdir(`${group}/lun/${unit}`);
      }
      await this.#rmdir(group);
    }
    await this.#rmdir(`${root}/iscsi/${iqn}`);
    for (const hba of hostBusAdapters()) {
      if (!exists(`${root}/core/${hba}/${iqn}`)) continue;
      await this.#rmdir(`${root}/core/${hba}/${iqn}`);
      await this.#rmdir(`${root}/core/${hba}`);
    }
  }

  protected override async find(iqn: string): Promise<number | null> {
    return exists(this.#group(iqn)) || hostBusAdapters().some((hba) => exists(`${root}/core/${hba}/${iqn}`)) ? 1 : null;
  }

  #group(iqn: string): string {
    return `${root}/iscsi/${iqn}/tpgt_1`;
  }

  async #checkKernel(): Promise<void> {
    // Each step provides what the next one needs: the core module, then the iSCSI module, loaded by mkdir.
    if (!exists(root))
      await this.#orMissing('target_core_mod', () => this.#commands.run('modprobe', ['target_core_mod']));
    if (!exists(root)) throw lacking('configfs', 'it is not mounted at /sys/kernel/config');
    await this.#orMissing('iscsi_target_mod', () => this.#mkdir(`${root}/iscsi`));
  }

  async #orMissing(module: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof CommandFailed || error instanceof MissingDependency)) throw error;
      throw lacking(module, error.message, error);
    }
  }

  async #newStore({ iqn, path, serial }: Unit): Promise<string> {
    const adapter = await this.#newAdapter();
    const store = `${adapter}/${iqn}`;
    try {
      await this.#mkdir(store);
    } catch (error) {
      await this.#rmdir(adapter).catch(() => {}); // The first error is the one to report.
      throw error;
    }
    await this.#write(`${store}/control`, `udev_path=${path}`);
    await this.#write(`${store}/enable`, '1');
    await this.#write(`${store}/wwn/vpd_unit_serial`, serial);
    return store;
  }

  /** Creates a kernel folder (HBA) for one backing store. */
  async #newAdapter(): Promise<string> {
    const taken = new Set(hostBusAdapters());
    for (let number = 0; ; number += 1) {
      if (taken.has(`iblock_${number}`)) continue;
      const path = `${root}/core/iblock_${number}`;
      try {
        // Without -p, with which two exports could share a folder: the first to remove it would then fail.
        await this.#commands.run('mkdir', [path]);
        return path;
      } catch (error) {
        if (!(error instanceof CommandFailed && /File exists/.test(error.stderr))) throw error;
      }
    }
  }

  async #letIn(group: string, initiator: string, { username, password }: Credentials): Promise<void> {
    const acl = `${group}/acls/${initiator}`;
    if (exists(acl)) return;
    try {
      await this.#mkdir(acl);
      await this.#write(`${acl}/auth/userid`, username);
      await this.#write(`${acl}/auth/password`, password);
      await this.#mkdir(`${acl}/lun_0`);
      await this.#link(`${group}/lun/lun_0`, `${acl}/lun_0/${linkName}`);
    } catch (error) {
      await this.#letOut(group, initiator).catch(() => {}); // The first error is the one to report.
      throw error;
    }
  }

  async #letOut(group: string, initiator: string): Promise<void> {
    const acl = `${group}/acls/${initiator}`;
    if (!exists(acl)) return;
    await this.#unlink(`${acl}/lun_0/${linkName}`);
    await this.#rmdir(`${acl}/lun_0`);
    await this.#rmdir(acl);
  }

  async #mkdir(path: string): Promise<void> {
    await this.#commands.run('mkdir', ['-p', path]);
  }

  async #rmdir(path: string): Promise<void> {
    if (exists(path)) await this.#commands.run('rmdir', [path]);
  }

  async #link(to: string, path: string): Promise<void> {
    await this.#commands.run('ln', ['-s', to, path]);
  }

  async #unlink(path: string): Promise<void> {
    await this.#commands.run('rm', ['-f', path]);
  }

  async #write(path: string, value: string): Promise<void> {
    await this.#commands.run('tee', [path], { input: value });
  }
}

/** An arbitrary name: only the location of a link matters. */
const linkName = 'cinderlib';

function initiatorOf(connector: DriverConnector): string {
  const initiator = connector['initiator'];
  // Restricted because it becomes a folder name.
  if (typeof initiator === 'string' && /^[\w.:-]+$/.test(initiator) && !initiator.startsWith('.')) return initiator;
  throw new InvalidConnectorException('initiator');
}

function hostBusAdapters(): string[] {
  return entries(`${root}/core`).filter((name) => /^iblock_\d+$/.test(name));
}

/** The subfolders of a configfs folder; empty if that does not exist. */
function entries(path: string): string[] {
  try {
    const found = builtin('node:fs')?.readdirSync(path, { withFileTypes: true }) ?? [];
    return found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return builtin('node:fs')?.existsSync(path) ?? false;
}

function lacking(name: string, reason: string, cause?: Error): MissingDependency {
  return new MissingDependency(
    name,
    `The kernel of this host offers no iSCSI target (LIO): ${reason}. Load ${name}, or use target_helper: 'tgtadm'.`,
    cause === undefined ? undefined : { cause },
  );
}
