import { expect, test } from "offing/vitest";

test("who signs out is signed out everywhere", async ({ w }) => {
  const london = w.at("LHR"), singapore = w.at("SIN");
  await london.fetch("/ada", { method: "PUT" });
  expect((await singapore.fetch("/ada")).status).toBe(200);
  await w.clock.advance("5s");
  await london.fetch("/ada", { method: "DELETE" });
  expect((await singapore.fetch("/ada")).status).toBe(401);
});

test("after a minute at the latest", async ({ w }) => {
  await w.at("LHR").fetch("/ada", { method: "PUT" });
  await w.at("SIN").fetch("/ada");
  await w.clock.advance("5s");
  await w.at("LHR").fetch("/ada", { method: "DELETE" });
  await w.clock.advance("60s");
  expect((await w.at("SIN").fetch("/ada")).status).toBe(401);
});
