// What the state of the whole means for those who look at it. Pure.

interface State {
  processes?: readonly { role: string }[] | null;
  stream?: { backlog: number } | null;
}

/** Tell whether posts wait and no process is there to read them; false where that is not known. */
export const nobodyReads = (state: State | undefined): boolean =>
  Boolean(
    state?.processes && state.stream?.backlog && !state.processes.some(({ role }) => role === "worker"),
  );
