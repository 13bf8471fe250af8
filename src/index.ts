/** The public API of cinderlib-wasm. */

export { Cinderlib, type ContextInfo, type Loaded } from './cinderlib.ts';
export type {
  ConnectorOptions,
  Device,
  HostConnector,
  HostConnectorClass,
  HostConnectorProperties,
} from './drivers/connector.ts';
export { registerConnector } from './drivers/connector-registry.ts';
export type { DriverAttachment, DriverSnapshot, DriverVolume, DriverVolumeType } from './drivers/driver-objects.ts';
export { type FakeCall, FakeLoggingVolumeDriver, type FakeMethod } from './drivers/fake.ts';
export { type DriverOption, driverOptions, type OptionSchema, type OptionValues } from './drivers/option-schema.ts';
export { listSupportedDrivers, registerVolumeDriver, type SupportedDriver } from './drivers/registry.ts';
export {
  type ConnectionInfo,
  type DriverConnector,
  type DriverContext,
  type DriverParameters,
  type ModelUpdate,
  VolumeDriver,
  type VolumeDriverClass,
} from './drivers/volume-driver.ts';
export * from './errors/index.ts';
export type { MigrationProgress } from './migrate/carry.ts';
export { type MigrationOptions, migrate } from './migrate/migrate.ts';
export type { Difference, MigrationReport, NotCarried } from './migrate/report.ts';
export { Backend, type BackendJson, type BackendOptions } from './objects/backend.ts';
export { Connection } from './objects/connection.ts';
export type { Context, ContextSettings, Restore } from './objects/context.ts';
export type { NewConnectionFields, NewSnapshotFields, NewVolumeFields } from './objects/given-fields.ts';
export type { ResourceJson } from './objects/resource.ts';
export { Snapshot } from './objects/snapshot.ts';
export type { Stats } from './objects/stats.ts';
export { type ConnectorProperties, Volume } from './objects/volume.ts';
export { QosSpecs, VolumeType } from './objects/volume-type.ts';
export type { PersistenceConfig } from './persistence/config.ts';
export {
  type Change,
  type ConnectionFilter,
  type PersistenceClass,
  PersistenceDriver,
  type PersistenceOptions,
  type SnapshotFilter,
  type StorageInfo,
  type VolumeFilter,
} from './persistence/driver.ts';
export type { DriverDatabase } from './persistence/driver-database.ts';
export { KeyValue } from './persistence/key-value.ts';
export { registerPersistence } from './persistence/registry.ts';
export { type SetupOptions, setup } from './setup.ts';
