// URL and URLSearchParams: spec/runtime-api.md section 5.
import { eq, same, ok, throws } from "./assert.js";

export const url_parts = {
  test() {
    const u = new URL("https://user:pw@sub.example.com:8443/a/b?q=1&r=2#frag");
    same([u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, u.origin],
      ["https:", "user", "pw", "sub.example.com:8443", "sub.example.com", "8443", "/a/b", "?q=1&r=2", "#frag",
        "https://sub.example.com:8443"]);
  },
};
export const url_relative_to_base = {
  test() { eq(new URL("../c?x#y", "https://e.com/a/b/d").href, "https://e.com/a/c?x#y"); },
};
export const url_invalid = {
  test() {
    throws(() => new URL("nope"), "TypeError", "Invalid URL string.");
    throws(() => new URL("https://"), "TypeError", "Invalid URL string.");
  },
};
export const url_can_parse_and_parse = {
  test() {
    eq(URL.canParse("https://e.com"), true);
    eq(URL.canParse("x"), false);
    eq(URL.parse("x"), null);
    eq(URL.parse("/a", "https://e.com").href, "https://e.com/a");
  },
};
export const url_setters = {
  test() {
    const u = new URL("https://e.com/a");
    u.pathname = "/x y";
    u.search = "k=v";
    u.hash = "h";
    u.port = "81";
    u.hostname = "other.org";
    eq(u.href, "https://other.org:81/x%20y?k=v#h");
  },
};
export const url_default_port_is_dropped = {
  test() { eq(new URL("http://e.com:80/").href, "http://e.com/"); },
};
export const url_dot_segments = {
  test() { eq(new URL("https://e.com/a/./b/../c/%2e%2e/d").pathname, "/a/d"); },
};
export const url_international_host = {
  test() { eq(new URL("https://münchen.de/").hostname, "xn--mnchen-3ya.de"); },
};
export const url_ip_addresses = {
  test() {
    eq(new URL("http://0x7f.1/").hostname, "127.0.0.1");
    eq(new URL("http://[::0001]/").hostname, "[::1]");
  },
};
export const url_to_json_and_string = {
  test() {
    const u = new URL("https://e.com");
    eq(JSON.stringify({ u }), '{"u":"https://e.com/"}');
    eq(String(u), "https://e.com/");
  },
};
export const url_search_params_are_live = {
  test() {
    const u = new URL("https://e.com/?a=1");
    u.searchParams.append("b", "x y");
    eq(u.search, "?a=1&b=x+y");
    u.search = "?c=3";
    same([...u.searchParams], [["c", "3"]]);
  },
};
export const params_from_forms = {
  test() {
    eq(new URLSearchParams("?a=1&b=%20").toString(), "a=1&b=+");
    eq(new URLSearchParams([["a", "1"], ["a", "2"]]).toString(), "a=1&a=2");
    eq(new URLSearchParams({ a: "é" }).toString(), "a=%C3%A9");
    eq(new URLSearchParams(new URLSearchParams("x=y")).toString(), "x=y");
  },
};
export const params_operations = {
  test() {
    const p = new URLSearchParams("a=1&b=2&a=3");
    eq(p.get("a"), "1");
    same(p.getAll("a"), ["1", "3"]);
    eq(p.get("z"), null);
    eq(p.size, 3);
    p.set("a", "9");
    eq(p.toString(), "a=9&b=2");
    p.delete("b");
    eq(p.has("b"), false);
    eq(p.has("a", "9"), true);
    eq(p.has("a", "8"), false);
  },
};
export const params_sort_is_stable = {
  test() {
    const p = new URLSearchParams("b=1&a=2&b=0");
    p.sort();
    eq(p.toString(), "a=2&b=1&b=0");
  },
};
export const params_iteration = {
  test() {
    const p = new URLSearchParams("a=1&b=2");
    same([...p.keys()], ["a", "b"]);
    same([...p.values()], ["1", "2"]);
    const seen = [];
    p.forEach((v, k) => seen.push(k + v));
    same(seen, ["a1", "b2"]);
  },
};
export const params_plus_and_percent = {
  test() {
    const p = new URLSearchParams("a=1+2&b=%2B&c=%zz");
    same([...p], [["a", "1 2"], ["b", "+"], ["c", "%zz"]]);
  },
};
