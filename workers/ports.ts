/** The SharedWorker that passes ports between tabs. */

import { webLocks } from '../src/runtime.ts';
import { PortPasser } from '../src/tabs/port-passer.ts';

const passer = new PortPasser(webLocks());
// The DOM types do not declare the global scope of shared workers.
addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) passer.admit(port);
});
