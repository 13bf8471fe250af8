#!/usr/bin/env node
/** The program `cinderlib`, for Node, Deno and Bun. */
import { hideDeprecations, hideForbiddenVariables } from '../runtime.ts';

hideForbiddenVariables();
hideDeprecations();
// Imported afterwards, since its dependencies read environment variables as soon as they are loaded.
const { runProgram } = await import('./run-program.ts');
await runProgram();
