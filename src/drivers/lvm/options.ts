/** The options of the LVM driver, with Cinder's names and defaults. */
import { attachOptions } from '../attach-options.ts';
import type { OptionSchema } from '../option-schema.ts';
import { thinOptions } from '../thin-options.ts';

export const lvmOptions = {
  volume_group: {
    type: 'string',
    default: 'cinder-volumes',
    help: 'The volume group that holds the volumes.',
  },
  lvm_type: {
    type: 'string',
    default: 'auto',
    choices: ['default', 'thin', 'auto'],
    help: 'default: volumes have all their room from the start; thin: they take it from a pool as they are written; auto: thin where the group is empty or has the pool already.',
  },
  lvm_conf_file: {
    type: 'string',
    default: '/etc/cinder/lvm.conf',
    runs: true,
    help: 'The configuration of LVM for these commands, where the file exists; None for none.',
  },
  lvm_suppress_fd_warnings: {
    type: 'boolean',
    default: false,
    help: 'Whether LVM is to be silent about open files.',
  },
  lvm_mirrors: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 0,
    help: 'Mirrors of each volume; only 0 here.',
  },
  lvm_max_over_subscription_ratio: {
    type: 'float',
    default: null,
    min: 1,
    help: 'The older name of max_over_subscription_ratio; it wins where it is given.',
  },
  ...thinOptions,
  ...attachOptions,
  filter_function: {
    type: 'string',
    default: null,
    help: 'A condition for schedulers. Reported in statistics, not read.',
  },
  goodness_function: {
    type: 'string',
    default: null,
    help: 'A rating for schedulers. Reported in statistics, not read.',
  },
  volume_clear: {
    type: 'string',
    default: 'zero',
    choices: ['none', 'zero'],
    help: 'How a volume is wiped before it is deleted. Thin volumes are not: their blocks are zeroed when they are given out.',
  },
  volume_clear_size: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1024,
    help: 'How many MiB at the start are wiped; 0 for all.',
  },
  volume_clear_ionice: {
    type: 'string',
    default: null,
    runs: true,
    help: 'The priority of wiping, as an option of ionice, such as -c3.',
  },
  volume_dd_blocksize: {
    type: 'string',
    default: '1M',
    help: 'How much is copied and wiped at once.',
  },
  target_protocol: {
    type: 'string',
    default: 'iscsi',
    choices: ['iscsi', 'local'],
    help: 'How hosts reach volumes. local, which Cinder does not have: only this host, by the device itself.',
  },
  target_helper: {
    type: 'string',
    default: 'tgtadm',
    choices: ['tgtadm', 'lioadm'],
    help: 'What exports volumes: tgt, or the target of the kernel (LIO).',
  },
  target_ip_address: {
    type: 'string',
    default: null,
    help: "The address that hosts connect to; this host's own unless given.",
  },
  iscsi_secondary_ip_addresses: {
    type: 'list',
    default: [],
    help: 'More such addresses.',
  },
  target_port: {
    type: 'port',
    default: 3260,
    help: 'The port that hosts connect to.',
  },
  target_prefix: {
    type: 'string',
    default: 'iqn.2010-10.org.openstack:',
    help: 'What the names of targets begin with.',
  },
  iscsi_write_cache: {
    type: 'string',
    default: 'on',
    choices: ['on', 'off'],
    help: 'Whether tgt answers a write before it is on the disk.',
  },
  iscsi_target_flags: {
    type: 'string',
    default: '',
    choices: ['', 'sync', 'direct', 'sync:direct'],
    help: 'How tgt opens the device: sync, direct or both; empty for through the page cache.',
  },
  use_chap_auth: {
    type: 'boolean',
    default: false,
    help: 'Whether chap_username and chap_password are used; else each volume has credentials of its own.',
  },
  chap_username: { type: 'string', default: '', help: 'The user of CHAP.' },
  chap_password: { type: 'string', default: '', secret: true, help: 'The secret of CHAP.' },
  root_helper: {
    type: 'string',
    default: null,
    runs: true,
    help: 'How commands become those of root; root_helper of setup() unless given. Root needs none.',
  },
  command_timeout: {
    type: 'integer',
    default: 120,
    min: 1,
    help: 'Seconds that a command may take; those that copy get more for each GiB. Not an option of Cinder.',
  },
} as const satisfies OptionSchema;
