// The Workers that every runner of the benchmark serves, unchanged.
export const hello = `export default { fetch() { return new Response("hello"); } };`;

// GET /key reads, PUT /key?i=N writes a key of its own each time (KV takes one write a second to a
// key, and offing means it).
export const kv = `let n = 0;
const prefix = Math.random().toString(36).slice(2);
export default { async fetch(request, env) {
  if (request.url.endsWith("/put")) {
    await env.KV.put(prefix + n++, "a value of some forty bytes, more or less");
    return new Response("ok");
  }
  return new Response(await env.KV.get("key") ?? "absent");
} };`;
