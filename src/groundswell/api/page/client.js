// Asks the API; an error is one sentence.

const PATIENCE = 10_000; // milliseconds

/** Return the JSON of a view; the browser's copy is used only after the server agreed. */
export async function ask(path) {
  const response = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
  return answer(response);
}

/** Return the reading of a text. */
export async function predict(text) {
  const response = await fetch("/api/v1/predict", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  return answer(response);
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  if (response.status === 401) globalThis.location?.assign("/login");
  throw new Error(body?.error?.message ?? `The server answered with status ${response.status}.`);
}
