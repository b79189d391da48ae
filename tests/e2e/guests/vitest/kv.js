// Sessions in KV: PUT signs in, DELETE signs out, GET asks.
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") await env.SESSIONS.put(name, "signed in");
    if (request.method === "DELETE") await env.SESSIONS.delete(name);
    if (request.method !== "GET") return new Response(null, { status: 204 });
    const session = await env.SESSIONS.get(name);
    return new Response(session ?? "signed out", { status: session === null ? 401 : 200 });
  },
};
