/** The lines of a table that a test draws, without the spaces that align it. */
export function drawn(grid: string): string[] {
  return grid
    .trim()
    .split("\n")
    .map((line) =>
      line
        .trim()
        .split(/\s*\|\s*/u)
        .join(" | "),
    );
}

/** The same lines, as they are found: one for each state, one column for each act. */
export async function grid<State, Act>(
  {
    states,
    acts,
  }: { states: Readonly<Record<string, State>>; acts: Readonly<Record<string, Act>> },
  outcome: (state: State, act: Act) => string | Promise<string>,
): Promise<string[]> {
  const lines = [["state", ...Object.keys(acts)]];
  for (const [name, state] of Object.entries(states)) {
    const outcomes = Object.values(acts).map((act) => outcome(state, act));
    lines.push([name, ...(await Promise.all(outcomes))]);
  }
  return lines.map((line) => line.join(" | "));
}
