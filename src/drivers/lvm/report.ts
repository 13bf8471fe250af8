/** Reads the JSON reports of `lvs` and `vgs`, in bytes: no parsing of columns, no localisation, no rounding. */
import { isDict, own } from '../../cinder/dict.ts';
import { VolumeBackendAPIException } from '../../errors/index.ts';

/** The options for reports in the format that is read here. */
export const asReport = ['--reportformat', 'json', '--units', 'b', '--nosuffix'] as const;

export interface LogicalVolume {
  readonly name: string;
  readonly bytes: number;
  /** The volume that it is a snapshot of; null if it is not a snapshot. */
  readonly origin: string | null;
  /** The thin pool that it is allocated from; null for a thick volume. */
  readonly pool: string | null;
  readonly isActive: boolean;
  /** Whether a program or another device has it open. */
  readonly isOpen: boolean;
  /** Whether it is a snapshot that ran full: its content is lost. */
  readonly isLost: boolean;
  /** For a pool: the percentage in use, from 0 to 100. */
  readonly usedPercent: number;
}

export const logicalVolumeFields =
  'lv_name,lv_size,origin,pool_lv,lv_active,lv_device_open,lv_snapshot_invalid,data_percent';
export const volumeGroupFields = 'vg_name,vg_size,vg_free,vg_extent_size';

export interface GroupSize {
  readonly bytes: number;
  readonly free: number;
  readonly extent: number;
}

export function readLogicalVolumes(text: string): Map<string, LogicalVolume> {
  const volumes = readReport(text, 'lv').map((row): [string, LogicalVolume] => {
    const name = row('lv_name');
    const volume = {
      name,
      bytes: Number(row('lv_size')),
      origin: row('origin') || null,
      pool: row('pool_lv') || null,
      isActive: row('lv_active') === 'active',
      isOpen: row('lv_device_open') === 'open',
      // "unknown" for anything but a snapshot.
      isLost: row('lv_snapshot_invalid') === 'snapshot invalid',
      usedPercent: Number(row('data_percent') || 0),
    };
    return [name, volume];
  });
  return new Map(volumes);
}

/** The size of the requested group; null if it does not exist. */
export function readGroupSize(text: string): GroupSize | null {
  const [row] = readReport(text, 'vg');
  if (row === undefined) return null;
  return { bytes: Number(row('vg_size')), free: Number(row('vg_free')), extent: Number(row('vg_extent_size')) };
}

type Row = (field: string) => string;

function readReport(text: string, kind: 'lv' | 'vg'): Row[] {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (cause) {
    throw new VolumeBackendAPIException(`LVM's output is not JSON: ${text.slice(0, 200)}`, {
      cause,
    });
  }
  const reports = isDict(report) ? own(report, 'report') : undefined;
  const first: unknown = Array.isArray(reports) ? reports[0] : undefined;
  const rows = isDict(first) ? own(first, kind) : undefined;
  if (!Array.isArray(rows)) {
    throw new VolumeBackendAPIException(`LVM's output has no list of ${kind}: ${text.slice(0, 200)}`);
  }
  return rows.map((row: unknown) => (field) => String((isDict(row) ? own(row, field) : undefined) ?? ''));
}
