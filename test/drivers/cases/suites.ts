/** What runs in each guest, by its name. */
import type { Case } from '../../support/cases.ts';
import { contractCases } from './lvm-contract.ts';
import { exportCases } from './lvm-export.ts';
import { luckCases } from './lvm-luck.ts';

export const suites: Readonly<Record<string, readonly Case[]>> = {
  'thin volumes': [...contractCases('thin'), ...luckCases('thin')],
  'volumes with all their room': [...contractCases('default'), ...luckCases('default')],
  exports: exportCases(),
};
