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
  async list(options = {}) {
    const { objects, truncated = false, cursor, ...rest } = await this.#call("list", options);
    return { objects: objects.map(objectOf), truncated, ...(cursor ? { cursor } : {}),
             delimitedPrefixes: rest.delimited_prefixes ?? [] };
  }
}

function objectOf(answer) {
  const { found, value, value_base64, http_metadata, custom_metadata, uploaded_ms, size_bytes, ...rest } = answer;
  return {
    ...rest, size: rest.size ?? size_bytes,
    ...(uploaded_ms === undefined ? {} : { uploaded: new Date(uploaded_ms) }),
    httpMetadata: http_metadata ?? {}, customMetadata: custom_metadata ?? {},
  };
}
