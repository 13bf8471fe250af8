/** The time of day with microseconds, which `Date` does not have. */

/** Now, in UTC, as SQL holds it: `YYYY-MM-DD HH:MM:SS.ffffff`. */
export function sqlNow(): string {
  const precise = performance.timeOrigin + performance.now();
  const wall = Date.now();
  // The precise clock stands still while the machine sleeps and ignores when somebody sets the time.
  const now = Math.abs(wall - precise) < 1000 ? precise : wall + (precise % 1);
  const milliseconds = Math.floor(now);
  const micros = Math.floor((now - milliseconds) * 1000);
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}${String(micros).padStart(3, '0')}`;
}
