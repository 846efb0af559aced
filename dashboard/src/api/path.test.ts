import { expect, it } from "vitest";
import { ApiError, fill, isNotBuilt } from "./client";
import { pathOf } from "./path";

it("leaves out what is not given", () => {
  expect(pathOf("/a", { hours: 24, topic: "", lang: undefined, q: "x & y" })).toBe("/a?hours=24&q=x+%26+y");
  expect(pathOf("/a")).toBe("/a");
});

it("fills the names of a path", () => {
  expect(fill("/models/{key}/x/{id}", { key: "a/b", id: 3 })).toBe("/models/a%2Fb/x/3");
});

it("tells what is not built from what failed", () => {
  expect([501, 404, 405, 500, 0].map((status) => isNotBuilt(new ApiError("", status)))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
