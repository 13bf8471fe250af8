/** The exit codes of commands; stable, and documented in docs/cli.md. */
export const exitCodes = {
  done: 0,
  /** The command failed; the message says how and why. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** Done, with something to review: findings of `check`, differences after `migrate`, or objects that it left out. */
  found: 3,
  /** `show` found no matching object, or more than one. */
  missing: 4,
  /** SIGHUP: the terminal has gone. */
  hungUp: 129,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
