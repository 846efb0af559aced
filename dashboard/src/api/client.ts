// Asks the API with types made from its OpenAPI document; an error is one sentence.

import { pathOf, type Query } from "./path";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];

type Method = "get" | "post" | "put" | "patch" | "delete";
type Has<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];
type Content<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Good<T> = T extends { responses: infer R }
  ? Content<R[Extract<keyof R, 200 | 201 | 202>]> | (R extends { 204: unknown } ? null : never)
  : never;

/** What `method path` answers when all is well. */
export type Answer<P extends keyof paths, M extends Method = "get"> = Good<paths[P][M]>;

const PATIENCE = 15_000; // milliseconds

/** What the server refused, or that it did not answer (status 0). */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code = "",
  ) {
    super(message);
  }
}

/** Tell whether this server cannot do that yet: the part is not built, or not installed. */
export const isNotBuilt = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 501 || error.status === 404 || error.status === 405);

export const isAway = (error: unknown): boolean => error instanceof ApiError && error.status === 0;

/** Fill the `{names}` of a path of the document. */
export const fill = (path: string, names: Record<string, string | number>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name])));

/** Ask for a path as it stands; raises `ApiError` with the server's own sentence. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await send(path, init);
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return body as T;
  if (response.status === 401) location.assign("/login");
  const error = (body as { error?: { message?: string; code?: string } } | null)?.error;
  const message = error?.message ?? `The server answered with status ${response.status}.`;
  throw new ApiError(message, response.status, error?.code);
}

/** GET a path that the document names. */
export const get = <P extends Has<"get">>(path: P, query: Query = {}): Promise<Answer<P>> =>
  ask<Answer<P>>(pathOf(path, query));

/** Send JSON to a path that the document names, its `{names}` filled. */
export function change<M extends Exclude<Method, "get">, P extends Has<M>>(
  method: M,
  path: P,
  names: Record<string, string | number> = {},
  body?: unknown,
): Promise<Answer<P, M>> {
  return ask<Answer<P, M>>(fill(path, names), withBody(method, body));
}

/** What `fetch` needs to send JSON. */
export function withBody(method: string, body?: unknown): RequestInit {
  if (body === undefined) return { method: method.toUpperCase() };
  const headers = { "Content-Type": "application/json" };
  return { method: method.toUpperCase(), headers, body: JSON.stringify(body) };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE), ...init });
  } catch {
    throw new ApiError("The server does not answer.", 0);
  }
}
