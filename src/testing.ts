/** The contract suites for those who write plugins: entry point `cinderlib-wasm/testing`. */
export type { StorageLimits } from './contracts/contract-test.ts';
export { type ContractHarness, persistenceContract } from './contracts/persistence-contract.ts';
