// Parts of the page that are loaded when they are needed: while the server is away, they are waited for.

const PAUSE = 2_000; // milliseconds between two tries
const TRIES = 3; // while the server answers: the part is gone, the page is of an older version

const answers = (): Promise<boolean> =>
  fetch("/health/live", { cache: "no-store" }).then(
    () => true,
    () => false,
  );

const rest = () => new Promise<void>((done) => setTimeout(done, PAUSE));

/** Return what loads a part, as often as it takes; it fails only where the server answers and has none. */
export function retried<T>(load: () => Promise<T>, isThere = answers, pause = rest): () => Promise<T> {
  return async () => {
    for (let refused = 0; ; ) {
      try {
        return await load();
      } catch (error) {
        if (await isThere()) refused += 1;
        if (refused >= TRIES) throw error;
        await pause();
      }
    }
  };
}
