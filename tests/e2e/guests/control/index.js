// Something of everything: sessions in KV, an audit log in R2, carts that are Durable Objects.
import { DurableObject } from "cloudflare:workers";

export class Cart extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("create table if not exists items (id integer primary key, what text)");
  }
  async add(what) {
    this.ctx.storage.sql.exec("insert into items (what) values (?)", what);
    await this.ctx.storage.setAlarm(Date.now() + 30 * 60_000);
  }
  alarm() {
    this.ctx.storage.sql.exec("delete from items");      // a cart that nobody has touched for half an hour
  }
}

export default {
  async fetch(request, env) {
    const [, what, name, item] = new URL(request.url).pathname.split("/");
    switch (what) {
      case "session":
        if (request.method === "PUT") await env.SESSIONS.put(name, await request.text());
        if (request.method === "DELETE") await env.SESSIONS.delete(name);
        if (request.method !== "GET") return new Response(null, { status: 204 });
        return new Response(await env.SESSIONS.get(name) ?? "signed out");
      case "cart":
        await env.CARTS.getByName(name).add(item);
        await env.AUDIT.put(`carts/${name}/${Date.now()}`, item);
        return new Response(`${item} is in the cart`);
      case "wait":
        await scheduler.wait(Number(name));
        return new Response(new Date().toISOString());
      default:
        return new Response(`hello from ${request.cf.colo}`);
    }
  },
};
