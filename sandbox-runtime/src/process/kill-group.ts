/** Ends every process of a group, by the id of its leader; undefined, for a leader that never started, does nothing. */
export function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in the group, or only what became another user.
  }
}
