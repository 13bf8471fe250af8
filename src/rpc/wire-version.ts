/**
 * The version of what pages, workers and tabs say to each other, by which scripts of different versions of this
 * library, as from a site that was updated meanwhile, recognise one another.
 *
 * Raised with every change to `contract.ts` or `tabs/protocol.ts` that an older version would misunderstand. Nobody asks
 * `ports.js` and `files.js`, which may be older as well: what is said to them may only change compatibly.
 */
export const wireVersion = 1;
