/** Exported volumes, reached by initiators that are none of ours: libiscsi's tools, and the kernel by open-iscsi. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Backend, type BackendOptions, setup, type Volume } from 'cinderlib-wasm';
import { type Case, equal, failure } from '../../support/cases.ts';
import { command, devicePath, fill, leftovers, onDisk, removeVolumes } from './volume-group.ts';

const gibibyte = 1024 ** 3;
const connector = { host: 'h', initiator: 'iqn.1994-05.org.example:guest', multipath: false };

type Lvm = (options?: Partial<BackendOptions>) => Promise<Backend>;

/** How libiscsi's tools name the unit. */
function url({ data }: { data?: Record<string, unknown> }, password = data?.['auth_password']): string {
  return `iscsi://${data?.['auth_username']}%${password}@${data?.['target_portal']}/${data?.['target_iqn']}/${data?.['target_lun']}`;
}

function targetsOfKernel(): string[] {
  const targets = readdirSync('/sys/kernel/config/target/iscsi').filter((name) => name.startsWith('iqn'));
  const stores = readdirSync('/sys/kernel/config/target/core').filter((name) => name.startsWith('iblock'));
  return [...targets, ...stores];
}

function sessions(): string[] {
  return readdirSync('/sys/class/iscsi_session');
}

/** The targets that open-iscsi would log in to again. */
function records(): string {
  return spawnSync('iscsiadm', ['-m', 'node'], { encoding: 'utf8' }).stdout;
}

/** Attaches, writes and reads on both sides, grows, detaches: whatever exports the volume. */
async function useAttached(volume: Volume): Promise<void> {
  const device = devicePath(`volume-${volume.id}`);
  const connection = await volume.attach();
  if (connection.path === null) throw new Error('An attached volume has a path.');
  equal([connection.path.startsWith('/dev/sd'), volume.status, sessions().length], [true, 'in-use', 1]);
  // Hosts know the disk by the volume's own id: no other has it.
  const page = readFileSync(`/sys/block/${basename(connection.path)}/device/vpd_pg80`, 'latin1');
  equal(page.includes(volume.id), true);
  fill(connection.path, 'through the target');
  equal(onDisk(device).equals(Buffer.alloc(4096, 'through the target')), true);
  equal((await failure(volume.delete())).name, 'VolumeIsBusy');
  volume.status = 'in-use';
  equal(await volume.extend(2), 2 * gibibyte);
  equal(command('blockdev', '--getsize64', connection.path).trim(), String(2 * gibibyte));
  equal(onDisk(connection.path).equals(Buffer.alloc(4096, 'through the target')), true);
  await volume.detach();
  equal([volume.status, sessions(), records()], ['available', [], '']);
}

const cases: readonly (readonly [name: string, body: (lvm: Lvm) => Promise<void>])[] = [
  [
    'libiscsi can read and write a volume exported by tgt only with the right password',
    async (lvm) => {
      const volume = await (await lvm()).createVolume(1);
      const device = devicePath(`volume-${volume.id}`);
      const connection = await volume.connect(connector);
      const right = url(connection.conn_info);
      equal(
        /Total size:1073741824|1\.0 ?GiB|RETURNED LOGICAL BLOCK ADDRESS:2097151/i.test(
          command('iscsi-readcapacity16', right),
        ),
        true,
      );
      for (const wrong of [url(connection.conn_info, 'AWrongSecret12'), right.replace(/\/\/[^@]*@/, '//')]) {
        equal(spawnSync('iscsi-readcapacity16', [wrong]).status === 0, false);
      }
      fill(device, 'before');
      const written = spawnSync('iscsi-test-cu', ['--dataloss', '-t', 'ALL.Write10.Simple', right], {
        encoding: 'utf8',
      });
      equal([written.status, onDisk(device).subarray(0, 6).toString() === 'before'], [0, false]);
      const error = await failure((await lvm()).validateConnector({ host: 'h' }));
      equal(error.name, 'InvalidConnectorException');
      // Another host comes and goes: the first one keeps what it has.
      await volume.disconnect(await volume.connect({ ...connector, host: 'another' }));
      equal(spawnSync('iscsi-readcapacity16', [right]).status, 0);
      await volume.disconnect(connection);
      await volume.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'a volume exported by tgt can be attached, written, extended and detached',
    async (lvm) => {
      const backend = await lvm({ iscsi_target_flags: 'direct', iscsi_write_cache: 'off' });
      const volume = await backend.createVolume(1);
      await useAttached(volume);
      const connection = await volume.connect(connector);
      const shown = command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'show');
      equal([/Backing store flags: direct/.test(shown), shown.includes(`SCSI SN: ${volume.id}`)], [true, true]);
      await volume.disconnect(connection);
      await volume.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'a volume exported by the kernel (LIO) can be attached, written, extended and detached',
    async (lvm) => {
      const volume = await (await lvm({ target_helper: 'lioadm', target_port: 3261 })).createVolume(1);
      await useAttached(volume);
      await volume.delete();
      equal([leftovers(), targetsOfKernel()], [[], []]);
    },
  ],
  [
    'a host that connected twice keeps its access until its last connection is removed',
    async (lvm) => {
      const volume = await (await lvm({ target_helper: 'lioadm', target_port: 3261 })).createVolume(1);
      const letIn = (): string[] =>
        readdirSync(`/sys/kernel/config/target/iscsi/iqn.2010-10.org.openstack:volume-${volume.id}/tpgt_1/acls`);
      const other = { ...connector, initiator: `${connector.initiator}:other` };
      const [first, second] = [await volume.connect(connector), await volume.connect(connector)];
      const others = await volume.connect(other);
      equal(letIn().sort(), [connector.initiator, other.initiator]);
      await volume.disconnect(first);
      equal(letIn().sort(), [connector.initiator, other.initiator]);
      await volume.disconnect(second);
      equal(letIn(), [other.initiator]);
      await volume.disconnect(others);
      await volume.delete();
      equal([leftovers(), targetsOfKernel()], [[], []]);
    },
  ],
  [
    'detaching one disk of a target keeps the session for its other disk',
    async (lvm) => {
      const backend = await lvm();
      const [one, other] = [await backend.createVolume(1), await backend.createVolume(1)];
      const [first, second] = [await one.connect(connector), await other.connect(connector)];
      // As arrays have them.
      const tid = /,(?<tid>\d+) /.exec(one.provider_location ?? '')?.groups?.['tid'] ?? '';
      const device = devicePath(`volume-${other.id}`);
      command(
        'tgtadm',
        '--lld',
        'iscsi',
        '--mode',
        'logicalunit',
        '--op',
        'new',
        '--tid',
        tid,
        '--lun',
        '2',
        '-b',
        device,
      );
      const { conn } = first.connection_info as { conn: { data: object } };
      second.connection_info = { conn: { ...conn, data: { ...conn.data, target_lun: 2 } }, connector };
      await first.attach();
      await second.attach();
      equal([sessions().length, first.path === second.path], [1, false]);
      fill(second.path ?? '', 'the other');
      const disk = basename(second.path ?? '');
      await second.detach();
      equal([sessions().length, readdirSync('/sys/block').includes(disk)], [1, false]);
      equal(onDisk(device).equals(Buffer.alloc(4096, 'the other')), true);
      equal(onDisk(first.path ?? '').length, 4096);
      await first.detach();
      equal([sessions(), records()], [[], '']);
      await one.disconnect(first);
      await other.disconnect(second);
      for (const volume of [one, other]) await volume.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'attaching with a wrong password fails, and leaves no session or record behind',
    async (lvm) => {
      // Two targets cannot share a port.
      for (const [target_helper, target_port] of Object.entries({ tgtadm: 3260, lioadm: 3261 })) {
        const backend = await lvm({ volume_backend_name: target_helper, target_helper, target_port });
        const volume = await backend.createVolume(1);
        const connection = await volume.connect(connector);
        const { conn } = connection.connection_info as { conn: { data: object } };
        const data = { ...conn.data, auth_password: 'AWrongSecret12' };
        connection.connection_info = { ...connection.connection_info, conn: { ...conn, data } };
        const error = await failure(connection.attach());
        equal([error.name, error.message.includes('AWrongSecret12')], ['CommandFailed', false]);
        equal([sessions(), records()], [[], '']);
        await volume.disconnect(connection);
        await volume.delete();
      }
      equal([leftovers(), targetsOfKernel()], [[], []]);
    },
  ],
  [
    'the configured CHAP user is shared by the targets, and removed with the last one',
    async (lvm) => {
      const chap = { use_chap_auth: true, chap_username: 'admin', chap_password: 'TheOneSecret12' };
      const backend = await lvm({ volume_backend_name: 'chap', ...chap });
      const [a, b] = [await backend.createVolume(1), await backend.createVolume(1)];
      const first = await a.connect(connector);
      const second = await b.connect(connector);
      await a.disconnect(first);
      equal(spawnSync('iscsi-readcapacity16', [url(second.conn_info)]).status, 0);
      await b.disconnect(second);
      await a.delete();
      await b.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'a local volume needs no target and is attached by its device path',
    async (lvm) => {
      const backend = await lvm({ volume_backend_name: 'local', target_protocol: 'local' });
      const volume = await backend.createVolume(1);
      const connection = await volume.attach();
      equal(connection.path, devicePath(`volume-${volume.id}`));
      equal(await volume.extend(2), 2 * gibibyte);
      await volume.detach();
      await volume.delete();
    },
  ],
  [
    "the first example of Python's cinderlib prints the expected lines and leaves nothing behind",
    async () => {
      const { EXAMPLE = '' } = process.env;
      equal(command(process.execPath, EXAMPLE).split('\n'), [
        'first: 1 GiB, available, was attached and written to',
        'first: 2 GiB; second: 1 GiB, created from the snapshot',
        '0 volumes are left',
        '',
      ]);
      equal(leftovers(), []);
    },
  ],
];

export function exportCases(): Case[] {
  return cases.map(([name, body]) => [
    name,
    async () => {
      await using cl = await setup();
      try {
        await body((options) =>
          cl.backend({
            volume_backend_name: 'lvm',
            volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
            lvm_type: 'thin',
            target_ip_address: '127.0.0.1',
            ...options,
          }),
        );
      } finally {
        spawnSync('iscsiadm', ['-m', 'session', '--logout']);
        removeVolumes();
      }
    },
  ]);
}
