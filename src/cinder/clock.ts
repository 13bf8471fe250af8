/** The current time in microseconds; `Date` has only milliseconds. */

/** Now, in UTC, in SQL's format: `YYYY-MM-DD HH:MM:SS.ffffff`. */
export function sqlNow(): string {
  const precise = performance.timeOrigin + performance.now();
  const wall = Date.now();
  // The precise clock stops while the machine sleeps, and ignores changes to the system time.
  const now = Math.abs(wall - precise) < 1000 ? precise : wall + (precise % 1);
  const milliseconds = Math.floor(now);
  const micros = Math.floor((now - milliseconds) * 1000);
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')}${String(micros).padStart(3, '0')}`;
}
