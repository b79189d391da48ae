// R2 objects over RPC, as the runtime of late 2026 sends them; bindings and uploads stay where they are
// (spec/r2.md 1.1).
import { WorkerEntrypoint } from "cloudflare:workers";
import { eq, same, rejects } from "./assert.js";

export class Named extends WorkerEntrypoint {
  head(key) { return this.env.BUCKET.head(key); }
  get(key) { return this.env.BUCKET.get(key); }
  list(prefix) { return this.env.BUCKET.list({ prefix }); }
  async checksums(key) { return (await this.env.BUCKET.head(key)).checksums; }
  bucket() { return this.env.BUCKET; }
  upload() { return this.env.BUCKET.resumeMultipartUpload("key", "id"); }
}

export const r2_rpc_head = {
  async test(_, env) {
    const put = await env.BUCKET.put("head", "hello", { customMetadata: { a: "1" } });
    const o = await env.NAMED.head("head");
    eq(Object.prototype.toString.call(o), "[object HeadResult]");
    eq(o.key, "head");
    eq(o.version, put.version);
    same(o.customMetadata, { a: "1" });
    o.writeHttpMetadata(new Headers());
  },
};
export const r2_rpc_head_of_nothing = {
  async test(_, env) { eq(await env.NAMED.head("none"), null); },
};
export const r2_rpc_get_with_its_body = {
  async test(_, env) {
    await env.BUCKET.put("get", "hello");
    const o = await env.NAMED.get("get");
    eq(Object.prototype.toString.call(o), "[object GetResult]");
    eq(await o.text(), "hello");
  },
};
export const r2_rpc_list = {
  async test(_, env) {
    await env.BUCKET.put("list/a", "v");
    const page = await env.NAMED.list("list/");
    same(page.objects.map((o) => o.key), ["list/a"]);
  },
};
export const r2_rpc_checksums = {
  async test(_, env) {
    await env.BUCKET.put("checksums", "hello");
    same((await env.NAMED.checksums("checksums")).toJSON(), { md5: "5d41402abc4b2a76b9719d911017c592" });
  },
};
export const r2_rpc_bucket_is_not_sent = {
  async test(_, env) {
    await rejects(env.NAMED.bucket(), "DataCloneError", "An R2 bucket binding cannot be serialized.");
  },
};
export const r2_rpc_upload_is_not_sent = {
  async test(_, env) {
    await rejects(env.NAMED.upload(), "DataCloneError",
      'Could not serialize object of type "R2MultipartUpload". This type does not support serialization.');
  },
};
