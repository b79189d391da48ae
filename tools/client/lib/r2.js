// An R2 bucket as a test sees it.
import { bytesOf, copyOf, encodeValue } from "./values.js";

export class R2Bucket {
  #view;
  constructor(view, bucket) {
    this.#view = view;
    this.bucket = bucket;
  }

  #call(what, rest) {
    return this.#view.call(`r2/${what}`, { bucket: this.bucket, ...rest });
  }

  async get(key) {
    const answer = await this.#call("get", { key });
    if (answer.found === false) return null;
    const bytes = bytesOf(answer);
    return {
      ...objectOf(answer),
      text: async () => bytes.toString(),
      json: async () => JSON.parse(bytes.toString()),
      arrayBuffer: async () => copyOf(bytes),
    };
  }
  async head(key) {
    const answer = await this.#call("head", { key });
    return answer.found === false ? null : objectOf(answer);
  }
  async put(key, value, { httpMetadata, customMetadata } = {}) {
    const body = { key, ...await encodeValue(value) };
    if (httpMetadata !== undefined) body.http_metadata = httpMetadata;
    if (customMetadata !== undefined) body.custom_metadata = customMetadata;
    return objectOf(await this.#call("put", body));
  }
  async delete(key) {
    await this.#call("delete", { key });
  }
  async list({ prefix, limit, cursor: from, delimiter, startAfter } = {}) {
    const { objects, truncated, cursor, delimited_prefixes } = await this.#call("list",
      { prefix, limit, cursor: from, delimiter, start_after: startAfter });
    return { objects: objects.map(objectOf), truncated, ...(cursor ? { cursor } : {}),
             delimitedPrefixes: delimited_prefixes };
  }
}

function objectOf({ key, version, etag, size, uploaded_ms, storage_class, http_metadata, custom_metadata }) {
  return {
    key, version, etag, size, uploaded: new Date(uploaded_ms), storageClass: storage_class,
    httpMetadata: http_metadata, customMetadata: custom_metadata,
  };
}
