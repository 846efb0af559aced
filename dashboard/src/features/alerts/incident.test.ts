import { expect, it } from "vitest";
import { addressOf, alertOf, whyOf } from "./incident";

type Alert = Parameters<typeof whyOf>[0];

const alert = {
  alert_type: "negative_share",
  interval: [0.6309, 0.7644],
  window_start: "2026-11-27T05:49:00Z",
  window_end: "2026-11-27T05:53:14Z",
  details: {
    rule: { label: "negative", topic: 3, source: null },
    now: { total: 451, interval: [0.65, 0.75] },
  },
} as unknown as Alert;

it("tells a share with the interval its rule went by, so that one alert has one interval", () => {
  expect(whyOf(alert).now?.interval).toEqual([0.63, 0.76]);
  expect(whyOf({ ...alert, alert_type: "change" }).now?.interval).toEqual([0.65, 0.75]);
});

it("leads to the posts of its window, narrowed as its rule is", () => {
  const place = new URLSearchParams(addressOf(alert).slice(2, -2));
  expect(Object.fromEntries(place)).toEqual({
    window: "own",
    from: "2026-11-27T05:19:00.000Z",
    to: "2026-11-27T05:53:14Z",
    topic: "3",
    sentiment: "negative",
    since: "2026-11-27T05:49:00Z",
    until: "2026-11-27T05:53:14Z",
  });
});

it("finds the alert that a message links to", () => {
  expect(alertOf("?alert=7f&window=own")).toBe("7f");
  expect(alertOf("?alert=")).toBeNull();
  expect(alertOf("")).toBeNull();
});
