import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("create table if not exists hits (id integer primary key, at integer)");
  }
  hit() {
    this.ctx.storage.sql.exec("insert into hits (at) values (?)", Date.now());
    return this.ctx.storage.sql.exec("select count(*) as n from hits").one().n;
  }
}

export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "") return new Response("hello");
    return new Response(String(await env.COUNTER.get(env.COUNTER.idFromName(name)).hit()));
  },
};
