/** A backend's statistics, derived from the driver's report as in the original. */
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';

/**
 * Statistics of a backend, under Cinder's names. Capacities are in GiB, or `infinite` or `unknown`; `pools` lists them
 * by pool.
 */
export type Stats = Dict;

// When a driver reports no pools, these describe the whole backend rather than its one pool.
const notOfAPool = new Set([
  'driver_version',
  'shared_targets',
  'sparse_copy_volume',
  'storage_protocol',
  'vendor_name',
  'volume_backend_name',
]);

/** Statistics with `pools`: if the driver reports none, one pool with the backend's name and figures. */
export function withPools(reported: Readonly<Dict>, backendName: string): Stats {
  const entries = entriesOf({ ...reported }).filter(([name]) => name !== 'properties' && name !== 'vendor_prefix');
  const stats = dict(entries);
  if (entries.length === 0 || Object.hasOwn(stats, 'pools')) return stats;
  const pool = dict(entries.filter(([name]) => !notOfAPool.has(name)));
  return { ...stats, pools: [{ ...pool, pool_name: backendName }] };
}

/** The names of the pools; the backend's name if there are none. */
export function poolNamesOf(stats: Stats, backendName: string): readonly string[] {
  const pools = own(stats, 'pools');
  if (!Array.isArray(pools)) return [backendName];
  return pools.map((pool: unknown) => String((isDict(pool) ? own(pool, 'pool_name') : undefined) ?? backendName));
}
