import { expect, it } from "vitest";
import { join, split } from "./terms";

it("takes one term a line, or between commas, each once", () => {
  expect(split(" launch\n#launch, big day \n\nlaunch")).toEqual(["launch", "#launch", "big day"]);
  expect(split(join(["a b", "c"]))).toEqual(["a b", "c"]);
  expect(split("")).toEqual([]);
});
