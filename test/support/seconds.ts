/** What a call takes of the processor: what else the machine does meanwhile does not count. */
export function seconds(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
