/** Fails if an import breaks a rule of the design: `npm run check:imports`. */
import { importProblems } from './import-rules.ts';
import { testImportProblems } from './test-imports.ts';

const root = process.cwd();
const problems = [...importProblems(root), ...testImportProblems(root)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('Every import keeps to the rules of scripts/import-rules.ts and scripts/test-imports.ts.');
