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

it("gives up where the server answers, has no such part, and a new page was just tried", async () => {
  const there = () => Promise.resolve(true);
  const tried = () => false;
  await expect(retried(loads(2), there, soon, tried)()).resolves.toBe("a part");
  await expect(retried(loads(3), there, soon, tried)()).rejects.toBe(gone);
});

it("asks for a new page once, and waits for it, where the part does not come", async () => {
  let asked = 0;
  const again = () => {
    asked += 1;
    return true;
  };
  const part = retried(loads(9), () => Promise.resolve(true), soon, again)();
  const later = new Promise((done) => setTimeout(() => done("nothing yet"), 20));
  await expect(Promise.race([part, later])).resolves.toBe("nothing yet");
  expect(asked).toBe(1);
});
