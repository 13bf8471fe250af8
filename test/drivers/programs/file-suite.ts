/** The contract of volume drivers on files, in whichever runtime runs this: `node file-suite.mjs`, `deno run …`, `bun …`. */
import { type Case, runCases } from '../../support/cases.ts';
import { fileContract } from '../file-contract.ts';

const cases: Case[] = [];
fileContract((name, body) => cases.push([name, body]));
await runCases(cases);
