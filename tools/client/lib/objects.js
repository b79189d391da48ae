// A Durable Object as a test sees it: its storage, its memory, its alarm.
import { OffingError } from "./error.js";
import { copyOf } from "./values.js";

// A blob of SQL comes as {base64}.
const cell = (value) => (value !== null && typeof value === "object" && typeof value.base64 === "string"
  ? copyOf(Buffer.from(value.base64, "base64")) : value);

export class DurableObjectStub {
  #view;
  // `which`: {name}, {id}, or a name.
  constructor(view, className, which, listed) {
    this.#view = view;
    this.className = className;
    const { name, id } = typeof which === "string" ? { name: which } : which ?? {};
    if ((name === undefined) === (id === undefined) && listed === undefined)
      throw new TypeError(`durableObject(${JSON.stringify(className)}, …): {name} or {id}`);
    this.name = name;
    this.id = id;
    // As it was when it was listed.
    if (listed !== undefined) {
      this.location = listed.location;
      this.inMemory = listed.in_memory;
      this.alarmTime = listed.alarm_ms === null || listed.alarm_ms === undefined ? null : new Date(listed.alarm_ms);
    }
  }

  #call(what, rest) {
    const which = this.id === undefined ? { name: this.name } : { id: this.id };
    return this.#view.call(`objects/${what}`, { class: this.className, ...which, ...rest });
  }

  // stub.sql`select * from t where id = ${id}`, or stub.sql("select … ?", id): a list of rows.
  async sql(query, ...bindings) {
    const text = Array.isArray(query) ? query.join("?") : String(query);
    const answer = await this.#call("sql", { query: text, bindings });
    const rows = answer.rows.map((row) =>
      Object.fromEntries(answer.columns.map((column, i) => [column, cell(row[i])])));
    return Object.assign(rows, { columns: answer.columns, rowsWritten: answer.rows_written });
  }

  // Key-value storage; values as JSON.
  async get(key) {
    const { found, value } = await this.#call("get", { key });
    return found === false ? undefined : value;
  }
  async put(key, value) {
    await this.#call("put", { key, value });
  }
  async delete(key) {
    return (await this.#call("delete", { key })).deleted;
  }
  async list(options = {}) {
    const { entries } = await this.#call("list", options);
    return new Map(entries.map(({ key, value }) => [key, value]));
  }

  // Runs a set alarm now, whatever its time; whether there was one.
  async alarm() {
    const { ran, error } = await this.#call("alarm");
    if (error) throw new OffingError("alarm_failed", `the alarm of ${this.className} failed: ${error}`);
    return ran;
  }
  // Out of memory, as when it has been idle; storage and hibernated WebSockets stay. How many there were.
  async evict() {
    return (await this.#call("evict")).evicted;
  }
  async abort(reason) {
    await this.#call("abort", { reason });
  }
}

// As in Cloudflare's Vitest integration.
export const runDurableObjectAlarm = (stub) => stub.alarm();
export const evictDurableObject = (stub) => stub.evict();
export async function listDurableObjectIds(world, className) {
  const { objects } = await world.call("objects/list", { class: className });
  return objects.map((object) => object.id);
}
