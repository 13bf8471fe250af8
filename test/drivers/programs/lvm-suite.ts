/** The tests that need a real volume group, run where there is one: `SUITE` says which. */
import { runCases } from '../../support/cases.ts';
import { suites } from '../cases/suites.ts';

const { SUITE = '', ONLY = '' } = process.env;
await runCases((suites[SUITE] ?? []).filter(([name]) => name.includes(ONLY)));
