/** The contract suites for those who write plugins: entry point `cinderlib-wasm/testing`. */
export { type ContractHarness, persistenceContract } from './contracts/persistence-contract.ts';
