// A stand-in for the KV service, so that workerd's KV binding has somebody to talk to: the protocol of
// spec/kv.md section 3 on a Map, with the texts production was seen to answer. Strongly consistent;
// used by the checks only.

const MAX_KEY = 512;
const MAX_VALUE = 26_214_400;
const store = new Map(); // key -> {bytes, metadata?, expiration?, written_ms}
const utf8 = new TextEncoder();

const refuse = (status, statusText) => new Response(statusText, { status, statusText });

function live(key) {
  const entry = store.get(key);
  if (entry?.expiration !== undefined && entry.expiration <= Date.now() / 1000) {
    store.delete(key);
    return undefined;
  }
  return entry;
}

function checkCacheTtl(ttl) {
  if (ttl === null || ttl === undefined || Number(ttl) >= 30) return undefined;
  return refuse(400, `Invalid cache_ttl of ${ttl}. Cache TTL must be at least 30.`);
}

function get(key, query) {
  const refused = checkCacheTtl(query.get("cache_ttl"));
  if (refused) return refused;
  const entry = live(key);
  if (entry === undefined) return refuse(404, "Not Found");
  const headers = entry.metadata === undefined ? {} : { "CF-KV-Metadata": entry.metadata };
  return new Response(entry.bytes, { headers });
}

function bulkProblem({ keys, type, cacheTtl }) {
  if (keys.length === 0) return refuse(400, "You must request a minimum of 1 key");
  if (keys.length > 100) return refuse(400, "You can request a maximum of 100 keys");
  if (type !== undefined && type !== "text" && type !== "json") {
    return refuse(400, `"${type}" is not a valid type. Use "json" or "text"`);
  }
  for (const key of keys) {
    if (key === "" || key === "." || key === "..") return refuse(400, `Key name ${key} is not legal`);
    const length = utf8.encode(key).length;
    if (length > MAX_KEY) return refuse(414, `Encoded length of ${length} is too long`);
  }
  return checkCacheTtl(cacheTtl);
}

async function bulkGet(request) {
  const body = await request.json();
  const refused = bulkProblem(body);
  if (refused) return refused;
  const out = {};
  for (const key of body.keys) {
    const entry = live(key);
    if (entry === undefined) {
      out[key] = null;
      continue;
    }
    let value = new TextDecoder().decode(entry.bytes);
    if (body.type === "json") {
      try {
        value = JSON.parse(value);
      } catch {
        return refuse(400, "At least one of the requested keys corresponds to a non-json value");
      }
    }
    out[key] = body.withMetadata ? { value, metadata: JSON.parse(entry.metadata ?? "null") } : value;
  }
  return Response.json(out);
}

function expirationOf(query) {
  const now = Math.floor(Date.now() / 1000);
  const ttl = query.get("expiration_ttl");
  const absolute = query.get("expiration");
  if (ttl !== null) {
    if (Number(ttl) <= 0) {
      return { refused: refuse(400, `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`) };
    }
    if (Number(ttl) < 60) {
      return { refused: refuse(400, `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least 60.`) };
    }
    return { expiration: now + Number(ttl) };
  }
  if (absolute === null) return {};
  const problem = `Invalid expiration of ${absolute}. `;
  if (Number(absolute) <= now) {
    return { refused: refuse(400, problem +
      "Please specify integer greater than the current number of seconds since the UNIX epoch.") };
  }
  if (Number(absolute) < now + 60) {
    return { refused: refuse(400, `${problem}Expiration times must be at least 60 seconds in the future.`) };
  }
  return { expiration: Number(absolute) };
}

async function put(key, query, request) {
  const metadata = request.headers.get("CF-KV-Metadata") ?? undefined;
  const { refused, expiration } = expirationOf(query);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (refused) return refused;
  if (bytes.length > MAX_VALUE) {
    return refuse(413, `Value length of ${bytes.length} exceeds limit of ${MAX_VALUE}.`);
  }
  if (metadata !== undefined && utf8.encode(metadata).length > 1024) return refuse(413, "Payload Too Large");
  const now = Date.now();
  if (now - (store.get(key)?.written_ms ?? -Infinity) < 1000) return refuse(429, "Too Many Requests");
  store.set(key, { bytes, metadata, expiration, written_ms: now });
  return new Response(null, { status: 204 });
}

function list(query) {
  const limit = Number(query.get("key_count_limit") ?? 1000);
  if (limit > 1000) {
    return refuse(400, `Invalid key_count_limit of ${limit}. Please specify integer less than 1000.`);
  }
  const prefix = query.get("prefix") ?? "";
  const after = query.has("cursor") ? atob(query.get("cursor")) : "";
  const order = (key) => utf8.encode(key).reduce((s, b) => s + String.fromCharCode(b), "");
  const names = [...store.keys()]
    .filter((k) => k.startsWith(prefix) && live(k) && order(k) > after)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const page = names.slice(0, limit);
  const keys = page.map((name) => {
    const { expiration, metadata } = store.get(name);
    return { name, expiration, metadata };
  });
  const complete = page.length === names.length;
  const cursor = complete ? undefined : btoa(order(page.at(-1)));
  return Response.json({ keys, list_complete: complete, cursor });
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (request.method === "POST" && url.pathname === "/bulk/get") return bulkGet(request);
    if (request.method === "GET" && url.pathname === "/") return list(url.searchParams);
    let key;
    try {
      key = decodeURIComponent(url.pathname.slice(1));
    } catch {
      return refuse(400, "Could not URL-decode key name");
    }
    if (request.method === "GET") return get(key, url.searchParams);
    if (request.method === "PUT") return put(key, url.searchParams, request);
    if (request.method === "DELETE") {
      store.delete(key);
      return new Response(null, { status: 204 });
    }
    return refuse(405, "Method Not Allowed");
  },
};
