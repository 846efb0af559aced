// Parts of the page that are loaded when they are needed: while the server is away, they are waited for.

const PAUSE = 2_000; // milliseconds between two tries
const TRIES = 3; // while the server answers: the page is of an older version, or the browser does not ask again

const answers = (): Promise<boolean> =>
  fetch("/health/live", { cache: "no-store" }).then(
    () => true,
    () => false,
  );

const rest = () => new Promise<void>((done) => setTimeout(done, PAUSE));

const RENEWED = "groundswell-renewed";
const SELDOM = 60_000; // milliseconds between two renewals at least

/** Load the whole page again, unless that was just tried: browsers may remember that a part could not be loaded. */
function renew(): boolean {
  const last = Number(sessionStorage.getItem(RENEWED) ?? 0);
  if (Date.now() - last < SELDOM) return false;
  sessionStorage.setItem(RENEWED, String(Date.now()));
  location.reload();
  return true;
}

const never = () => new Promise<never>(() => undefined);

/** Return what loads a part, as often as it takes; where the server answers and the part does not come, a new page may. */
export function retried<T>(
  load: () => Promise<T>,
  isThere = answers,
  pause = rest,
  again = renew,
): () => Promise<T> {
  return async () => {
    for (let refused = 0; ; ) {
      try {
        return await load();
      } catch (error) {
        if (await isThere()) refused += 1;
        if (refused >= TRIES) {
          if (again()) return never();
          throw error;
        }
        await pause();
      }
    }
  };
}
