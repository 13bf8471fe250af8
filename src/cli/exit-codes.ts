/** What the exit code of a command says; documented in docs/cli.md, and stable. */
export const exitCodes = {
  done: 0,
  /** Something could not be done; the message says what and why. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** Done, and there is something to look at: findings of `check`, differences after `migrate`. */
  found: 3,
  /** `show` found nothing of that id, or several. */
  missing: 4,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
