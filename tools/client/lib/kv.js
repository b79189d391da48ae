// A KV namespace as a test sees it: the newest state, or what a location is shown (`w.at("SIN").kv(…)`).
import { bytesOf, camel, copyOf, encodeValue, textOf } from "./values.js";

export class KvNamespace {
  #view;
  constructor(view, namespace) {
    this.#view = view;
    this.namespace = namespace;
  }

  #call(what, rest) {
    const body = { namespace: this.namespace, ...rest };
    if (this.#view.location !== undefined) body.location = this.#view.location;
    return this.#view.call(`kv/${what}`, body);
  }

  async get(key, as) {
    return (await this.getWithMetadata(key, as)).value;
  }
  async getWithMetadata(key, as) {
    const type = (typeof as === "object" ? as?.type : as) ?? "text";
    const answer = await this.#call("get", { key });
    if (!answer.found) return { value: null, metadata: null };
    return {
      value: typed(answer, type), metadata: answer.metadata ?? null,
      expiration: answer.expiration_s ?? undefined, version: answer.version,
    };
  }
  async put(key, value, { metadata, expiration, expirationTtl } = {}) {
    const body = { key, ...await encodeValue(value) };
    if (metadata !== undefined) body.metadata = metadata;
    if (expiration !== undefined) body.expiration_s = expiration;
    if (expirationTtl !== undefined)
      body.expiration_s = Math.floor((await this.#view.ask("clock")).now_ms / 1000) + expirationTtl;
    await this.#call("put", body);
  }
  async delete(key) {
    await this.#call("delete", { key });
  }
  async list({ prefix, limit, cursor } = {}) {
    return this.#call("list", { prefix, limit, cursor });
  }
  // The newest version, and what each location would serve, how old, and why.
  async inspect(key) {
    return camel(await this.#view.ask("kv/inspect", { namespace: this.namespace, key }));
  }
}

function typed(answer, type) {
  switch (type) {
    case "text": return textOf(answer);
    case "json": return JSON.parse(textOf(answer));
    case "arrayBuffer": return copyOf(bytesOf(answer));
    default: throw new TypeError(`get: text, json or arrayBuffer, got ${type}`);
  }
}
