/** The tests that need a real volume group, run where there is one: `LVM_TYPE` says of which kind. */
import { runCases } from '../../support/cases.ts';
import { contractCases } from '../cases/lvm-contract.ts';

const type = process.env['LVM_TYPE'] === 'thin' ? 'thin' : 'default';
await runCases(contractCases(type));
