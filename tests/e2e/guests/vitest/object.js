// Sessions in a Durable Object for each account: one, wherever it is asked from.
import { DurableObject } from "cloudflare:workers";

export class Account extends DurableObject {
  signIn() {
    this.ctx.storage.kv.put("session", "signed in");
  }
  signOut() {
    this.ctx.storage.kv.delete("session");
  }
  session() {
    return this.ctx.storage.kv.get("session") ?? null;
  }
}

export default {
  async fetch(request, env) {
    const account = env.ACCOUNTS.getByName(new URL(request.url).pathname.slice(1));
    if (request.method === "PUT") await account.signIn();
    if (request.method === "DELETE") await account.signOut();
    if (request.method !== "GET") return new Response(null, { status: 204 });
    const session = await account.session();
    return new Response(session ?? "signed out", { status: session === null ? 401 : 200 });
  },
};
