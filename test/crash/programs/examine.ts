/** Prints what a crash left of a database, as one line of JSON. `node examine.mjs <database>` */
import { aftermath } from '../../support/aftermath.ts';
import { say } from './say.ts';

const [path = ''] = process.argv.slice(2);
say({ ...(await aftermath(path)) });
