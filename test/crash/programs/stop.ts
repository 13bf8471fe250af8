/** Whether the test has told this program to stop, by a line on its standard input. */
let told = false;
process.stdin.once('data', () => {
  told = true;
  process.stdin.destroy();
});

export function isStopped(): boolean {
  return told;
}
