/** The contract suites for authors of plugins and drivers: entry point `cinderlib-wasm/testing`. */
export type { StorageLimits } from './contracts/contract-test.ts';
export type { Bytes } from './contracts/driver-content-tests.ts';
export { type ContractHarness, persistenceContract } from './contracts/persistence-contract.ts';
export { type VolumeDriverHarness, volumeDriverContract } from './contracts/volume-driver-contract.ts';
