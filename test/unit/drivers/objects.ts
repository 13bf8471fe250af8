/** Volumes, snapshots and parameters, as drivers get them. */
import type { DriverSnapshot, DriverVolume } from '../../../src/drivers/driver-objects.ts';
import type { DriverParameters } from '../../../src/drivers/volume-driver.ts';

export function driverParameters(configuration: Record<string, unknown> = {}): DriverParameters {
  return {
    configuration: { volume_backend_name: 'b1', ...configuration },
    db: { name: 'the first' },
    host: 'machine@b1',
    cluster_name: null,
    active_backend_id: null,
  };
}

export function driverVolume(id: string): DriverVolume {
  return {
    id,
    _name_id: null,
    display_name: null,
    display_description: null,
    size: 1,
    host: 'machine@b1#b1',
    status: 'creating',
    previous_status: null,
    attach_status: 'detached',
    bootable: false,
    multiattach: false,
    project_id: 'cinderlib',
    user_id: 'cinderlib',
    metadata: {},
    admin_metadata: {},
    provider_id: null,
    provider_location: null,
    provider_auth: null,
    provider_geometry: null,
    replication_driver_data: null,
    encryption_key_id: null,
    snapshot_id: null,
    source_volid: null,
    volume_type_id: null,
    volume_type: null,
  };
}

export function driverSnapshot(id: string, volume_id: string): DriverSnapshot {
  return {
    id,
    display_name: null,
    display_description: null,
    volume_id,
    volume_size: 1,
    status: 'creating',
    project_id: 'cinderlib',
    user_id: 'cinderlib',
    metadata: {},
    provider_id: null,
    provider_location: null,
    provider_auth: null,
  };
}
