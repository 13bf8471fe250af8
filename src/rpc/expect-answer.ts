/** Gives up a worker that stays silent: its script runs, so nothing reports an error, but it is not the core's. */

/**
 * How many seconds a worker has for its first answer, which it gives as soon as its script is loaded: a core.js of
 * 46 KB takes as long on the slowest mobile networks.
 */
const patience = 60;

/**
 * Calls `giveUp` if the answer is too long in coming. It counts its own ticks, not the clock: while a page is frozen, or
 * busy itself, its worker owes it nothing.
 *
 * @returns a function that stops the waiting
 */
export function expectAnswer(answer: Promise<unknown>, giveUp: () => void): () => void {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    if (seconds < patience) return;
    stop();
    giveUp();
  }, 1000);
  const stop = (): void => clearInterval(timer);
  // Whatever it answers.
  answer.then(stop, stop);
  return stop;
}
