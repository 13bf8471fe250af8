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
    help: 'default: volumes are fully allocated; thin: they allocate space from a pool when written; auto: thin if the group is empty or already has the pool.',
  },
  lvm_conf_file: {
    type: 'string',
    default: '/etc/cinder/lvm.conf',
    runs: true,
    help: 'The LVM configuration file for these commands, used if it exists; None for none.',
  },
  lvm_suppress_fd_warnings: {
    type: 'boolean',
    default: false,
    help: 'Whether to suppress warnings of LVM about leaked file descriptors.',
  },
  lvm_mirrors: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 0,
    help: 'Mirrors of each volume; only 0 is supported.',
  },
  lvm_max_over_subscription_ratio: {
    type: 'float',
    default: null,
    min: 1,
    help: 'The older name of max_over_subscription_ratio; it takes precedence.',
  },
  ...thinOptions,
  ...attachOptions,
  filter_function: {
    type: 'string',
    default: null,
    help: 'A filter expression for schedulers. Reported in statistics, not evaluated.',
  },
  goodness_function: {
    type: 'string',
    default: null,
    help: 'A rating expression for schedulers. Reported in statistics, not evaluated.',
  },
  volume_clear: {
    type: 'string',
    default: 'zero',
    choices: ['none', 'zero'],
    help: 'How a volume is wiped before it is deleted. Thin volumes are not: their blocks are zeroed when allocated.',
  },
  volume_clear_size: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1024,
    help: 'MiB to wipe at the start; 0 for all.',
  },
  volume_clear_ionice: {
    type: 'string',
    default: null,
    runs: true,
    help: 'The I/O priority of wiping, as an ionice option such as -c3.',
  },
  volume_dd_blocksize: {
    type: 'string',
    default: '1M',
    help: 'The block size for copying and wiping.',
  },
  target_protocol: {
    type: 'string',
    default: 'iscsi',
    choices: ['iscsi', 'local'],
    help: 'How hosts reach volumes. local, which Cinder lacks: only this host, through the device itself.',
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
    help: "The address that hosts connect to; by default this host's own.",
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
    help: 'The prefix of target names.',
  },
  iscsi_write_cache: {
    type: 'string',
    default: 'on',
    choices: ['on', 'off'],
    help: 'Whether tgt acknowledges writes before they are on disk.',
  },
  iscsi_target_flags: {
    type: 'string',
    default: '',
    choices: ['', 'sync', 'direct', 'sync:direct'],
    help: 'How tgt opens the device: sync, direct or both; empty: through the page cache.',
  },
  use_chap_auth: {
    type: 'boolean',
    default: false,
    help: 'Whether chap_username and chap_password are used; else each volume has credentials of its own.',
  },
  chap_username: { type: 'string', default: '', help: 'The CHAP user.' },
  chap_password: { type: 'string', default: '', secret: true, help: 'The CHAP secret.' },
  root_helper: {
    type: 'string',
    default: null,
    runs: true,
    help: 'The command that runs others as root; by default root_helper of setup(). Root needs none.',
  },
  command_timeout: {
    type: 'integer',
    default: 120,
    min: 1,
    help: 'Seconds that a command may take; copying gets more per GiB. Not a Cinder option.',
  },
} as const satisfies OptionSchema;
