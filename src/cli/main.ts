#!/usr/bin/env node
/** The program `cinderlib`, on Node, Deno and Bun. */
import { hideForbiddenVariables } from '../runtime.ts';

hideForbiddenVariables();
// Loaded after that: what it is made of reads variables at once.
const { runProgram } = await import('./run-program.ts');
await runProgram();
