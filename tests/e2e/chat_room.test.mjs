// fixtures/chat-room with real clients: Node's WebSocket, and browsers where Debian's chromium and
// tools/record's playwright-core are installed. In between the room loses its memory.
//   OFFING_E2E_PEER=workerd   asks workerd instead; an eviction there is 11 s without requests
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { serveProject } from "../conformance/workerd_project.mjs";
import { dev, root } from "./offing.mjs";

const fixture = join(root, "fixtures/chat-room");
before(() => execFileSync(join(root, "tools/bundle"), [fixture]));

/** {url, evict(room)}: `evict` takes the room's memory and leaves its sockets and storage. */
async function serve(t) {
  if (process.env.OFFING_E2E_PEER === "workerd") {
    const server = await serveProject(fixture);
    t.after(server.stop);
    const evict = () => new Promise((done) => setTimeout(done, 11_500));
    return { url: `http://127.0.0.1:${server.port}`, evict };
  }
  const { url } = await dev(t, fixture, ["--quiet"]);
  const evict = async (room) => {
    const query = new URLSearchParams({ class: "Room", name: room });
    const answer = await fetch(`${url}/cdn-cgi/offing/objects/evict?${query}`, {
      method: "POST", headers: { "offing-control": "1" },
    });
    assert.ok(answer.ok, `evicting ${room}: ${answer.status} ${await answer.text()}`);
  };
  return { url, evict };
}

/** Someone in a room; `until(test, what)` gives the next message that passes, in order of arrival. */
class Chatter {
  #got = [];
  #next = 0;
  #wake = () => {};

  static async join(t, url, room, nick) {
    const chatter = new Chatter();
    const query = new URLSearchParams({ nick });
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/room/${room}/socket?${query}`);
    chatter.socket = socket;
    chatter.closed = new Promise((done) => socket.addEventListener("close", done));
    socket.addEventListener("message", ({ data }) => {
      chatter.#got.push(data === "pong" ? { type: "pong" } : JSON.parse(data));
      chatter.#wake();
    });
    await new Promise((done, failed) => {
      socket.addEventListener("open", done);
      socket.addEventListener("error", () => failed(new Error(`${nick} could not join`)));
    });
    t.after(() => socket.close());
    return chatter;
  }
  tell(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }
  say(text) {
    this.tell({ type: "say", text });
  }
  async until(passes, what) {
    let late = false;
    const timer = setTimeout(() => { late = true; this.#wake(); }, 15_000);
    try {
      for (;;) {
        while (this.#next < this.#got.length) {
          const message = this.#got[this.#next++];
          if (passes(message)) return message;
        }
        if (late) throw new Error(`no ${what} came; got ${JSON.stringify(this.#got)}`);
        await new Promise((done) => (this.#wake = done));
      }
    } finally {
      clearTimeout(timer);
    }
  }
  heard(text) {
    return this.until((m) => m.type === "said" && m.text === text, `"${text}"`);
  }
  async who() {
    this.tell({ type: "who" });
    return this.until((m) => m.type === "who", "answer to who");
  }
}
const textsOf = ({ messages }) => messages.map(({ nick, text }) => `${nick}: ${text}`);

test("spec/durable-objects.md 33: asleep, a room keeps sockets, tags, attachments", async (t) => {
  const { url, evict } = await serve(t);
  const ann = await Chatter.join(t, url, "lobby", "ann");
  assert.deepEqual((await ann.until((m) => m.type === "history", "history")).messages, []);
  const bob = await Chatter.join(t, url, "lobby", "bob");
  await ann.until((m) => m.type === "joined" && m.nick === "bob", "bob");
  ann.say("hello");
  assert.equal((await bob.heard("hello")).nick, "ann");
  await ann.heard("hello");
  const before = await ann.who();
  assert.equal(before.starts, 1);
  assert.deepEqual(before.people, [
    { nick: "ann", sent: 1, tags: ["ann"], pinged: false },
    { nick: "bob", sent: 0, tags: ["bob"], pinged: false }]);

  await evict("lobby");
  bob.say("still here?");
  assert.equal((await ann.heard("still here?")).nick, "bob");
  ann.say("yes");
  await bob.heard("yes");
  await ann.heard("yes");
  const after = await bob.who();
  assert.equal(after.starts, 2, "the room has to be a new instance");
  assert.deepEqual(after.people.map(({ nick, sent, tags }) => [nick, sent, tags]),
                   [["ann", 2, ["ann"]], ["bob", 1, ["bob"]]]);

  const cyd = await Chatter.join(t, url, "lobby", "cyd");
  const { messages } = await cyd.until((m) => m.type === "history", "history");
  assert.deepEqual(textsOf({ messages }), ["ann: hello", "bob: still here?", "ann: yes"]);

  // A whisper goes by tag: to bob's socket alone, also when the tag was given before the sleep.
  await evict("lobby");
  cyd.tell({ type: "whisper", to: "bob", text: "psst" });
  assert.equal((await bob.until((m) => m.type === "whisper", "whisper")).nick, "cyd");
  cyd.say("aloud");
  const next = await ann.until((m) => m.type === "said" || m.type === "whisper", "something");
  assert.equal(next.text, "aloud");
});

test("spec/durable-objects.md 4: a ping is answered without waking the room", async (t) => {
  const { url, evict } = await serve(t);
  const ann = await Chatter.join(t, url, "quiet", "ann");
  assert.equal((await ann.who()).starts, 1);
  await evict("quiet");
  for (let i = 0; i < 3; ++i) {
    ann.tell("ping");
    await ann.until((m) => m.type === "pong", "pong");
  }
  const { starts, people } = await ann.who();
  assert.equal(starts, 2, "once for the first visit, once for this question");
  assert.equal(people[0].pinged, true);
});

test("spec/durable-objects.md 4: a close wakes a sleeping room, and says which code", async (t) => {
  const { url, evict } = await serve(t);
  const ann = await Chatter.join(t, url, "exit", "ann");
  const bob = await Chatter.join(t, url, "exit", "bob");
  await ann.until((m) => m.type === "joined" && m.nick === "bob", "bob");
  await evict("exit");
  bob.socket.close(1000, "bye");
  const { code, wasClean } = await bob.closed;
  assert.deepEqual([code, wasClean], [1000, true]);
  await ann.until((m) => m.type === "left" && m.nick === "bob", "bob's leaving");
  assert.deepEqual((await ann.who()).people.map(({ nick }) => nick), ["ann"]);
});

const CHROMIUM = "/usr/bin/chromium";
function playwright() {
  try {
    return createRequire(join(root, "tools/record/package.json"))("playwright-core");
  } catch {
    return undefined;
  }
}
const missing = [
  existsSync(CHROMIUM) ? "" : "Debian's chromium",
  playwright() ? "" : "tools/record's playwright-core",
].filter(Boolean).join(" and ");

test("two browsers chat across an eviction; a third one gets the history", {
  skip: missing ? `${missing} not installed` : false,
}, async (t) => {
  const { url, evict } = await serve(t);
  const browser = await playwright().chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
           "--no-first-run"],
  });
  t.after(() => browser.close());
  const open = async (nick) => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${url}/room/browsers`);
    await page.fill("[name=nick]", nick);
    await page.click("#join button");
    await page.locator("#state", { hasText: /^connected$/ }).waitFor();
    return {
      page,
      say: async (text) => {
        await page.fill("[name=text]", text);
        await page.click("#say button");
      },
      sees: (text) => page.locator("#log li", { hasText: text }).first().waitFor(),
      lines: () => page.locator("#log li.said").allTextContents(),
      state: () => page.locator("#state").textContent(),
    };
  };
  const ann = await open("ann");
  const bob = await open("bob");
  await ann.sees("bob joined");
  await ann.say("hello from ann");
  await bob.sees("ann: hello from ann");

  await evict("browsers");
  await bob.page.click("#ping");
  await bob.page.locator("#pong", { hasText: /^1$/ }).waitFor();
  await bob.say("hello again");
  await ann.sees("bob: hello again");
  await ann.say("/to bob a secret");
  await bob.sees("ann whispers: a secret");
  await ann.page.click("#who");
  await ann.sees("start 2, here: ann (1 sent, tags ann); bob (1 sent, tags bob)");
  assert.deepEqual([await ann.state(), await bob.state()], ["connected", "connected"]);

  const cyd = await open("cyd");
  await cyd.sees("hello again");
  assert.deepEqual(await cyd.lines(), ["ann: hello from ann", "bob: hello again"]);
  await bob.page.close();
  await ann.sees("bob left");
});
