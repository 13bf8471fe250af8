/** The core's worker, with storage that fails when the page says so. The order matters: faults come first. */
import './faults.js';
import '/dist/core.js';
