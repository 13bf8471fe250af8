/** What runs in each guest, by its name. */
import { type Case, casesAbout } from '../../support/cases.ts';
import { cinderCases } from './lvm-cinder.ts';
import { contractCases } from './lvm-contract.ts';
import { exportCases } from './lvm-export.ts';
import { luckCases } from './lvm-luck.ts';
import { randomCase } from './lvm-random.ts';

/** Bad luck is much the same on thin volumes: worth its time only where there is time for more of everything. */
const more = process.env['CINDERLIB_ROUNDS'] !== undefined;

/** So is what has nothing to do with where the bytes are. */
const contract = contractCases('default');
const ofBytes = more ? contract : casesAbout(['holds', 'extended', 'outlive'], contract);

export const suites: Readonly<Record<string, readonly Case[]>> = {
  'thin volumes': [...contractCases('thin'), randomCase('thin'), ...(more ? luckCases('thin') : [])],
  'thick volumes': [...ofBytes, ...luckCases('default'), ...(more ? [randomCase('default')] : [])],
  exports: exportCases(),
  "Cinder's own driver": cinderCases(),
};
