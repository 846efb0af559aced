import { expect, it } from "vitest";
import { nobodyReads } from "./status";

it("says that nobody reads only when posts wait and no worker lives", () => {
  const waiting = { processes: [{ role: "api" }], stream: { backlog: 3 } };
  expect(nobodyReads(waiting)).toBe(true);
  expect(nobodyReads({ ...waiting, processes: [{ role: "api" }, { role: "worker" }] })).toBe(false);
  expect(nobodyReads({ ...waiting, stream: { backlog: 0 } })).toBe(false);
  expect(nobodyReads({ processes: null, stream: { backlog: 3 } })).toBe(false);
  expect(nobodyReads(undefined)).toBe(false);
});
