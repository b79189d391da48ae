// Presigned S3 URLs for the load generator, which cannot sign (spec/r2.md 5.1).
import { createHash, createHmac } from "node:crypto";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

/** The path and query of a presigned request for `path`, good for an hour from now. */
export function presign(origin, method, path, { key, secret, region = "auto" }) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const query = Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${key}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": "3600",
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const canonical = [
    method,
    path,
    query,
    `host:${new URL(origin).host}`,
    "",
    "host",
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signing = [time.slice(0, 8), region, "s3", "aws4_request"].reduce(hmac, `AWS4${secret}`);
  return `${path}?${query}&X-Amz-Signature=${hmac(signing, text).toString("hex")}`;
}
