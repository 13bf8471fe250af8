/** A backend's statistics, as the original derives them from what a driver reports. */
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';

/** What a driver reports of its storage, in Cinder's names: capacities are in GiB, `infinite` or `unknown`; `pools` lists them by pool. */
export type Stats = Dict;

// What describes the whole backend and not a pool, when a driver reports no pools.
const notOfAPool = new Set([
  'driver_version',
  'shared_targets',
  'sparse_copy_volume',
  'storage_protocol',
  'vendor_name',
  'volume_backend_name',
]);

/** Statistics with `pools`: a driver that reports none has one, with the backend's name and figures. */
export function withPools(reported: Readonly<Dict>, backendName: string): Stats {
  const entries = entriesOf({ ...reported }).filter(([name]) => name !== 'properties' && name !== 'vendor_prefix');
  const stats = dict(entries);
  if (entries.length === 0 || Object.hasOwn(stats, 'pools')) return stats;
  const pool = dict(entries.filter(([name]) => !notOfAPool.has(name)));
  return { ...stats, pools: [{ ...pool, pool_name: backendName }] };
}

/** The names of the pools; the backend's own name where there is none. */
export function poolNamesOf(stats: Stats, backendName: string): readonly string[] {
  const pools = own(stats, 'pools');
  if (!Array.isArray(pools)) return [backendName];
  return pools.map((pool: unknown) => String((isDict(pool) ? own(pool, 'pool_name') : undefined) ?? backendName));
}
