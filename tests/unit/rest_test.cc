#include "tests/unit/rest_kit.h"

using offing::R2Settings;
using offing::R2Token;
using offing::test::RestReply;
using offing::test::RestSite;

TEST_CASE("spec/r2.md 2.1: REST wants a token or offing-control") {
  RestSite site;
  for (const offing::test::RestHeaders& none :
       {offing::test::RestHeaders{}, {{"authorization", "Bearer "}}, {{"authorization", "Basic x"}},
        {{"offing-control", "0"}}, {{"content-type", "text/plain"}}}) {
    const RestReply reply = site.raw("GET", "/accounts/a/r2/buckets", none);
    CHECK(reply.status == 401);
    CHECK(reply.code() == "10000");
    CHECK(reply.at("/success") == "false");
    CHECK(reply.at("/result") == "null");
  }
  for (const offing::test::RestHeaders& good :
       {offing::test::RestHeaders{{"authorization", "Bearer x"}}, {{"authorization", "bearer x"}},
        {{"offing-control", "1"}}, {{"x-auth-key", "k"}, {"x-auth-email", "me@localhost"}}})
    CHECK(site.raw("GET", "/accounts/a/r2/buckets", good).status == 200);
}

TEST_CASE("spec/r2.md 2.1: object tokens cannot touch a bucket's configuration") {
  R2Settings settings;
  auto add = [&settings](const char* value, R2Token::Scope scope,
                         std::vector<std::string> buckets) {
    settings.tokens.push_back({value, "", "", value, scope, std::move(buckets)});
  };
  add("admin", R2Token::Scope::kAdminReadWrite, {});
  add("auditor", R2Token::Scope::kAdminRead, {});
  add("writer", R2Token::Scope::kObjectReadWrite, {"abc"});
  add("reader", R2Token::Scope::kObjectRead, {});
  RestSite site(std::move(settings));
  site.make("abc");
  site.make("other");
  auto status = [&site](const char* token, const char* method, const char* path, const char* body) {
    const RestReply reply = site.raw(method, std::string("/accounts/a/r2/buckets") + path,
                                     {{"authorization", std::string("Bearer ") + token}}, body);
    if (reply.status != 200) CHECK(reply.code() == "10003");
    return reply.status;
  };
  const char* rules = "{\"rules\":[]}";
  CHECK(status("admin", "PUT", "/abc/lock", rules) == 200);
  CHECK(status("auditor", "PUT", "/abc/lock", rules) == 403);
  CHECK(status("auditor", "GET", "/abc/lock", "") == 200);
  CHECK(status("auditor", "PUT", "/abc/objects/k", "v") == 403);
  CHECK(status("writer", "PUT", "/abc/lock", rules) == 403);
  CHECK(status("writer", "GET", "/abc/lock", "") == 403);
  CHECK(status("writer", "PUT", "/abc/objects/k", "v") == 200);
  CHECK(status("writer", "PUT", "/other/objects/k", "v") == 403);
  CHECK(status("reader", "GET", "/abc/objects/k", "") == 200);
  CHECK(status("reader", "DELETE", "/abc/objects/k", "") == 403);
  CHECK(status("reader", "POST", "", "{\"name\":\"new\"}") == 403);
}

TEST_CASE("spec/r2.md 3.3: buckets are made, listed, changed and deleted") {
  RestSite site;
  const RestReply made = site.call("POST", "/r2/buckets",
      R"({"name": "logs", "locationHint": "apac", "storageClass": "InfrequentAccess"})");
  CHECK(made.status == 200);
  CHECK(made.at("/success") == "true");
  CHECK(made.at("/result/name") == "logs");
  CHECK(made.at("/result/location") == "APAC");
  CHECK(made.at("/result/storage_class") == "InfrequentAccess");
  CHECK(made.at("/result/jurisdiction") == "default");
  CHECK(made.at("/result/creation_date") == "2026-01-01T00:00:00.000Z");
  CHECK(site.call("POST", "/r2/buckets", R"({"name": "logs"})").code() == "10004");
  CHECK(site.call("POST", "/r2/buckets", R"({"name": "logs"})").status == 409);
  CHECK(site.call("POST", "/r2/buckets", R"({"name": "No"})").code() == "10005");
  CHECK(site.call("POST", "/r2/buckets", R"({"name": "abc", "storageClass": "Cold"})").code() ==
        "10062");
  CHECK(site.call("POST", "/r2/buckets", R"({"name": "abc", "locationHint": "mars"})").error().find(
            "there are wnam, enam") != std::string::npos);
  CHECK(site.call("POST", "/r2/buckets", R"({"name": 7})").error() == "\"name\" must be a text");
  CHECK(site.call("POST", "/r2/buckets", "x").status == 400);
  CHECK(site.call("GET", "/r2/buckets/logs").at("/result/name") == "logs");
  CHECK(site.call("GET", "/r2/buckets/nope").code() == "10006");
  CHECK(site.call("GET", "/r2/buckets/nope").status == 404);
  CHECK(site.call("GET", "/r2/buckets/nope").error() == "The specified bucket does not exist.");
  CHECK(site.call("PATCH", "/r2/buckets/logs", "", {{"cf-r2-storage-class", "Standard"}})
            .at("/result/storage_class") == "Standard");
  CHECK(site.call("PATCH", "/r2/buckets/logs").code() == "10062");
  site.put("logs", "k", "v");
  CHECK(site.call("DELETE", "/r2/buckets/logs").code() == "10008");
  CHECK(site.call("DELETE", "/r2/buckets/logs").status == 409);
  CHECK(site.call("DELETE", "/r2/buckets/logs/objects/k").at("/result/key") == "k");
  CHECK(site.call("DELETE", "/r2/buckets/logs").status == 200);
  CHECK(site.call("DELETE", "/r2/buckets/logs").code() == "10006");
}

TEST_CASE("spec/r2.md 3.3: lists of buckets have pages, order and a filter") {
  RestSite site;
  for (const char* name : {"aaa", "abb", "bbb", "ccc"}) site.make(name);
  auto names = [](const RestReply& reply) {
    std::string all;
    for (const auto& bucket : reply.json["result"]["buckets"].GetArray())
      all += std::string(all.empty() ? "" : ",") + bucket["name"].GetString();
    return all;
  };
  CHECK(names(site.call("GET", "/r2/buckets")) == "aaa,abb,bbb,ccc");
  CHECK(names(site.call("GET", "/r2/buckets?direction=desc&order=name")) == "ccc,bbb,abb,aaa");
  CHECK(names(site.call("GET", "/r2/buckets?name_contains=bb")) == "abb,bbb");
  CHECK(names(site.call("GET", "/r2/buckets?start_after=abb")) == "bbb,ccc");
  const RestReply first = site.call("GET", "/r2/buckets?per_page=3");
  CHECK(names(first) == "aaa,abb,bbb");
  const std::string cursor = first.at("/result_info/cursor");
  CHECK_FALSE(cursor.empty());
  const RestReply second = site.call("GET", "/r2/buckets?per_page=3&cursor=" + cursor);
  CHECK(names(second) == "ccc");
  CHECK(second.at("/result_info/cursor").empty());
  CHECK(site.call("GET", "/r2/buckets?per_page=0").error() ==
        "per_page is \"0\"; it must be a whole number from 1 to 1000");
  CHECK(site.call("GET", "/r2/buckets?direction=up").status == 400);
  CHECK(site.call("GET", "/r2/buckets?order=size").status == 400);
}

TEST_CASE("spec/r2.md 2.1: a bucket is found in its jurisdiction only") {
  RestSite site;
  site.make("euro", {{"cf-r2-jurisdiction", "eu"}});
  CHECK(site.call("GET", "/r2/buckets/euro").code() == "10006");
  CHECK(site.call("GET", "/r2/buckets/euro", "", {{"cf-r2-jurisdiction", "default"}}).status ==
        404);
  CHECK(site.call("GET", "/r2/buckets/euro", "", {{"cf-r2-jurisdiction", "eu"}})
            .at("/result/jurisdiction") == "eu");
  CHECK(site.call("GET", "/r2/buckets").at("/result/buckets") == "[0]");
  CHECK(site.call("GET", "/r2/buckets", "", {{"cf-r2-jurisdiction", "eu"}}).at("/result/buckets") ==
        "[1]");
  CHECK(site.call("GET", "/r2/buckets", "", {{"cf-r2-jurisdiction", "x"}}).error() ==
        "There is no jurisdiction \"x\"; there are default, eu, fedramp and us");
}

TEST_CASE("spec/r2.md 2.1: lock rules are replaced as a whole, shown by id, and govern at once") {
  RestSite site;
  site.make("audit");
  site.put("audit", "logs/1", "v");
  site.wait_ms(5000);
  CHECK(site.call("GET", "/r2/buckets/audit/lock").at("/result/rules") == "[0]");
  const RestReply set = site.call("PUT", "/r2/buckets/audit/lock", R"({"rules":[
      {"id":"z","enabled":true,"prefix":"logs/","condition":{"type":"Age","maxAgeSeconds":60}},
      {"id":"a","enabled":false,"condition":{"type":"Indefinite"}}]})");
  CHECK(set.status == 200);
  const RestReply shown = site.call("GET", "/r2/buckets/audit/lock");
  CHECK(shown.at("/result/rules/0/id") == "a");
  CHECK(shown.at("/result/rules/1/id") == "z");
  CHECK(shown.at("/result/rules/1/condition/maxAgeSeconds") == "60");
  const RestReply refused = site.call("PUT", "/r2/buckets/audit/objects/logs/1", "w");
  CHECK(refused.status == 409);
  CHECK(refused.code() == "10069");
  CHECK(refused.error() == "The object is locked by the bucket policy.");
  CHECK(site.call("DELETE", "/r2/buckets/audit/objects/logs/1").code() == "10069");
  CHECK(site.call("PUT", "/r2/buckets/audit/lock", R"({"rules":[]})").status == 200);
  CHECK(site.call("DELETE", "/r2/buckets/audit/objects/logs/1").status == 200);
  const RestReply bad = site.call("PUT", "/r2/buckets/audit/lock", R"({"rules":[{"id":"a"}]})");
  CHECK(bad.status == 400);
  CHECK_FALSE(bad.error().empty());
  CHECK(site.call("PUT", "/r2/buckets/audit/lock", "no JSON").status == 400);
  CHECK(site.call("DELETE", "/r2/buckets/audit/lock").code() == "7000");
  CHECK(site.call("GET", "/r2/buckets/nope/lock").code() == "10006");
}

TEST_CASE("spec/r2.md 2.4: the status of a locked object is a switch") {
  R2Settings settings;
  settings.locked_status = 403;
  RestSite site(std::move(settings));
  site.make("audit");
  site.put("audit", "k", "v");
  site.call("PUT", "/r2/buckets/audit/lock",
            R"({"rules":[{"id":"a","enabled":true,"condition":{"type":"Indefinite"}}]})");
  CHECK(site.call("DELETE", "/r2/buckets/audit/objects/k").status == 403);
}

TEST_CASE("spec/r2.md 3.1, 3.3: lifecycle and CORS rules") {
  RestSite site;
  site.make("abc");
  CHECK(site.call("GET", "/r2/buckets/abc/lifecycle").at("/result/rules") == "[1]");
  CHECK(site.call("PUT", "/r2/buckets/abc/lifecycle", R"({"rules":[{"id":"x","enabled":true,
      "conditions":{"prefix":"t/"},
      "deleteObjectsTransition":{"condition":{"type":"Age","maxAge":86400}}}]})").status == 200);
  CHECK(site.call("GET", "/r2/buckets/abc/lifecycle")
            .at("/result/rules/0/deleteObjectsTransition/condition/maxAge") == "86400");
  CHECK(site.call("PUT", "/r2/buckets/abc/lifecycle", R"({"rules":7})").status == 400);

  const RestReply none = site.call("GET", "/r2/buckets/abc/cors");
  CHECK(none.status == 404);
  CHECK(none.code() == "10059");
  CHECK(site.call("PUT", "/r2/buckets/abc/cors", R"({"rules":[{"allowed":{
      "origins":["https://a.example"],"methods":["GET"]},"maxAgeSeconds":60}]})").status == 200);
  CHECK(site.call("GET", "/r2/buckets/abc/cors").at("/result/rules/0/maxAgeSeconds") == "60");
  CHECK(
      site.call("PUT", "/r2/buckets/abc/cors", R"({"rules":[{"AllowedOrigins":["*"]}]})").status ==
      400);
  CHECK(site.call("DELETE", "/r2/buckets/abc/cors").status == 200);
  CHECK(site.call("GET", "/r2/buckets/abc/cors").code() == "10059");
}

TEST_CASE("spec/r2.md 3.2: event notifications, by queue") {
  RestSite site;
  site.make("abc");
  const std::string base = "/event_notifications/r2/abc/configuration";
  CHECK(site.call("GET", base).code() == "11015");
  const RestReply queue = site.call("GET", "/queues?page=1&name=my-queue");
  CHECK(queue.at("/result/0/queue_name") == "my-queue");
  const std::string id = queue.at("/result/0/queue_id");
  CHECK(site.call("GET", "/queues/" + id).at("/result/queue_name") == "my-queue");
  CHECK(site.call("PUT", base + "/queues/" + id,
                  R"({"rules":[{"prefix":"a/","actions":["PutObject","CopyObject"]}]})")
            .status == 200);
  CHECK(site.call("PUT", base + "/queues/other",
                  R"({"rules":[{"prefix":"a/b","actions":["PutObject"]}]})").code() == "11020");
  CHECK(site.call("PUT", base + "/queues/other",
                  R"({"rules":[{"suffix":".txt","actions":["DeleteObject"]}]})").status == 200);
  CHECK(site.call("PUT", base + "/queues/other", R"({"rules":[{"actions":["Nap"]}]})").code() ==
        "11014");
  const RestReply shown = site.call("GET", base);
  CHECK(shown.at("/result/bucketName") == "abc");
  CHECK(shown.at("/result/queues/0/queueName") == "my-queue");
  CHECK(shown.at("/result/queues/0/queueId") == id);
  CHECK(shown.at("/result/queues/0/rules/0/actions") == "[2]");
  CHECK(shown.at("/result/queues/0/rules/0/createdAt") == "2026-01-01T00:00:00.000Z");
  CHECK(shown.at("/result/queues/1/queueName") == "other");
  const std::string rule = shown.at("/result/queues/0/rules/0/ruleId");
  CHECK(rule.size() == 36);
  CHECK(site.call("DELETE", base + "/queues/other", R"({"ruleIds":[")" + rule + "\"]}").status ==
        404);
  CHECK(site.call("DELETE", base + "/queues/" + id, R"({"ruleIds":[")" + rule + "\"]}").status ==
        200);
  CHECK(site.call("DELETE", base + "/queues/other").status == 200);
  CHECK(site.call("GET", base).code() == "11015");
}

TEST_CASE("REST: what Wrangler asks before it begins, and what there is not") {
  RestSite site;
  const offing::test::RestHeaders me = {{"authorization", "Bearer x"}};
  CHECK(site.raw("GET", "/user/tokens/verify", me).at("/result/status") == "active");
  CHECK(site.raw("GET", "/accounts", me).at("/result/0/id") == site.r2->settings().account_id);
  CHECK(site.raw("GET", "/memberships", me).at("/result/0/account/name") == "offing");
  CHECK(site.raw("GET", "/user", me).status == 200);
  const RestReply none = site.raw("GET", "/zones", me);
  CHECK(none.status == 404);
  CHECK(none.code() == "7000");
  CHECK(none.error().find("GET /zones") != std::string::npos);
  CHECK(site.raw("GET", "", me).status == 404);
  CHECK(site.raw("GET", "/accounts/a/r2/buckets/%zz", me).status == 400);
  CHECK(site.raw("POST", "/accounts/a/r2/buckets", me, "{\"name\":\"abc\"}",
                 nullptr).status == 200);
  CHECK(site.raw("POST", "/accounts/a/r2/buckets", me, "",
                 offing::source_of("{\"name\":\"streamed\"}")).status == 200);
}

TEST_CASE("spec/r2.md 5.1: tokens and temporary credentials are made by REST") {
  RestSite site;
  const RestReply made =
      site.call("POST", "/offing/r2/tokens",
                R"({"name":"ci","scope":"object-read-write","buckets":["abc"]})");
  CHECK(made.status == 200);
  CHECK(made.at("/result/accessKeyId").size() == 32);
  CHECK(made.at("/result/secretAccessKey").size() == 64);
  CHECK(site.tokens->find(made.at("/result/accessKeyId")) != nullptr);
  const RestReply all = site.call("GET", "/offing/r2/tokens");
  CHECK(all.at("/result/1/name") == "ci");
  CHECK(all.at("/result/1/secretAccessKey") == "(none)");
  CHECK(site.call("POST", "/offing/r2/tokens", R"({"scope":"root"})").error().find(
            "there is no scope \"root\"") == 0);
  const RestReply lent = site.call("POST", "/r2/temp-access-credentials",
      R"({"bucket":"abc","parentAccessKeyId":")" + made.at("/result/accessKeyId") +
          R"(","permission":"object-read-only","ttlSeconds":60})");
  CHECK(lent.at("/result/accessKeyId") == made.at("/result/accessKeyId"));
  CHECK_FALSE(lent.at("/result/sessionToken").empty());
  CHECK(site.call("POST", "/r2/temp-access-credentials",
                  R"({"bucket":"abc","parentAccessKeyId":"x","permission":"object-read-only",)"
                  R"("ttlSeconds":60})").status == 400);
}
