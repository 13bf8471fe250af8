/** Checks the filters of the built-in storages' getters. */
import { filterArgument } from '../arguments.ts';
import type { ConnectionFilter, SnapshotFilter, VolumeFilter } from '../rpc/contract.ts';

/** @throws InvalidOption for an unknown filter, suggesting a similar name, and for a value that is not a string. */
export function volumeFilter(method: string, given: unknown): VolumeFilter {
  return filterArgument(method, given, ['volume_id', 'volume_name', 'backend_name']);
}

export function snapshotFilter(given: unknown): SnapshotFilter {
  return filterArgument('getSnapshots', given, ['snapshot_id', 'snapshot_name', 'volume_id']);
}

export function connectionFilter(given: unknown): ConnectionFilter {
  return filterArgument('getConnections', given, ['connection_id', 'volume_id']);
}
