import { expect, it } from "vitest";
import { retried } from "./retried";

const gone = new Error("Failed to fetch dynamically imported module");
const soon = () => Promise.resolve();

function loads(failures: number) {
  let tries = 0;
  return () => {
    tries += 1;
    return tries > failures ? Promise.resolve("a part") : Promise.reject(gone);
  };
}

it("waits for a part for as long as the server is away", async () => {
  const away = () => Promise.resolve(false);
  await expect(retried(loads(50), away, soon)()).resolves.toBe("a part");
});

it("gives up where the server answers and has no such part", async () => {
  const there = () => Promise.resolve(true);
  await expect(retried(loads(2), there, soon)()).resolves.toBe("a part");
  await expect(retried(loads(3), there, soon)()).rejects.toBe(gone);
});
