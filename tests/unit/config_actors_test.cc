#include <doctest/doctest.h>

#include <string>

#include "tests/unit/config_fixture.h"

using namespace offing::config;
using namespace offing::config::test;

namespace {

// "Class=key/backend …" of the classes, "-key" of what is deleted, "@NAME=Class:key" of bindings.
std::string actors(const Project& project) {
  std::string text;
  auto word = [&text](const std::string& one) { text += (text.empty() ? "" : " ") + one; };
  for (const offing::ActorClass& c : project.worker.actor_classes) {
    word(c.class_name + "=" + c.unique_key + (c.sqlite ? "/sqlite" : "/kv"));
  }
  for (const std::string& key : project.worker.deleted_actor_keys) word("-" + key);
  for (const offing::ActorBinding& b : project.worker.actor_bindings) {
    word("@" + b.name + "=" + b.class_name + ":" + b.unique_key);
  }
  return text;
}

std::string bind(const std::string& entries) {
  return "\"durable_objects\": {\"bindings\": [" + entries + "]}";
}

std::string loaded(const std::string& members, bool quiet = true) {
  const Project project = must_load(one(members).string());
  INFO(warnings_of(project));
  if (quiet) CHECK(project.warnings.empty());
  return actors(project);
}

std::string failed(const std::string& members) { return error_of(one(members).string()); }

std::string warned(const std::string& members) {
  return warnings_of(must_load(one(members).string()));
}

constexpr const char* kRoom = R"({"tag": "v1", "new_sqlite_classes": ["Room"]})";

}  // namespace

TEST_CASE("spec/config.md 2: migrations give classes and backends, bound or not") {
  CHECK(loaded("").empty());
  CHECK(loaded("\"migrations\": []").empty());
  CHECK(loaded("\"migrations\": [" + std::string(kRoom) + "], " +
               bind(R"({"name": "ROOM", "class_name": "Room"})")) ==
        "Room=w-Room/sqlite @ROOM=Room:w-Room");
  CHECK(loaded(R"("migrations": [{"tag": "a", "new_classes": ["Old", "B"]},
                                 {"tag": "b", "new_sqlite_classes": ["A"]}])") ==
        "Old=w-Old/kv B=w-B/kv A=w-A/sqlite");
  Folder folder;
  folder.write("index.js", kScript)
      .write("wrangler.toml",
             "name = \"w\"\nmain = \"index.js\"\ncompatibility_date = \"2026-06-01\"\n"
             "[[durable_objects.bindings]]\nname = \"R\"\nclass_name = \"New\"\n"
             "script_name = \"w\"\n[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"Old\"]\n"
             "[[migrations]]\ntag = \"v2\"\nrenamed_classes = [{from = \"Old\", to = \"New\"}]\n");
  CHECK(actors(must_load(folder.string())) == "New=w-Old/sqlite @R=New:w-Old");
}

TEST_CASE("spec/durable-objects.md 1.2: the unique key stays over renames, not over re-creation") {
  const std::string renamed =
      std::string(R"("migrations": [)") + kRoom +
      R"(, {"tag": "v2", "renamed_classes": [{"from": "Room", "to": "Hall"}]},
           {"tag": "v3", "renamed_classes": [{"from": "Hall", "to": "Club"}]})";
  CHECK(loaded(renamed + "]") == "Club=w-Room/sqlite");
  CHECK(loaded(renamed + R"(, {"tag": "v4", "new_classes": ["Room"]}])") ==
        "Club=w-Room/sqlite Room=w-Room.2/kv");
  CHECK(loaded(std::string(R"("migrations": [)") + kRoom +
               R"(, {"tag": "v2", "deleted_classes": ["Room"]},
                    {"tag": "v3", "new_classes": ["Room"]}])") == "Room=w-Room.2/kv -w-Room");
  // A directive's order within a migration is Wrangler's: deleted, renamed, new.
  CHECK(loaded(R"("migrations": [{"tag": "1", "new_classes": ["A", "B"]},
               {"tag": "2", "new_sqlite_classes": ["A"],
                "renamed_classes": [{"from": "A", "to": "B"}], "deleted_classes": ["B"]}])") ==
        "B=w-A/kv A=w-A.2/sqlite -w-B");
}

TEST_CASE("spec/config.md 2: a migration that contradicts the ones before it is an error") {
  auto after = [](const std::string& more) {
    return failed(std::string("\"migrations\": [") + kRoom + ",\n" + more + "]");
  };
  has(after(R"({"tag": "v2", "new_sqlite_classes": ["Room"]})"),
      "wrangler.json:4:38: migrations[1].new_sqlite_classes[0]: Cannot apply new_sqlite_classes "
      "migration to existing class Room: it is there since migrations[0] (tag \"v1\"). A class is "
      "created once");
  has(after(R"({"tag": "v2", "new_classes": ["X", "X"]})"),
      "migrations[1].new_classes[1]: Cannot apply new_classes migration to existing class X");
  has(after(R"({"tag": "v2", "deleted_classes": ["Rooom"]})"),
      "migrations[1].deleted_classes[0]: Cannot apply deleted_classes migration to non-existent "
      "class Rooom. Did you mean \"Room\"? Locally all migrations are applied");
  has(after(R"({"tag": "v2", "renamed_classes": [{"from": "Nope", "to": "B"}]})"),
      "migrations[1].renamed_classes[0].from: Cannot apply renamed_classes migration to "
      "non-existent class Nope.");
  has(after(R"({"tag": "v2", "renamed_classes": [{"from": "Room", "to": "Room"}]})"),
      "migrations[1].renamed_classes[0].to: renames \"Room\" to itself");
  has(after(R"({"tag": "v2", "new_classes": ["B"]},
               {"tag": "v3", "renamed_classes": [{"from": "Room", "to": "B"}]})"),
      "migrations[2].renamed_classes[0].to: Cannot apply renamed_classes migration to existing "
      "class B: it is there since migrations[1] (tag \"v2\"). A rename creates its target");
  has(after(R"({"tag": "v2", "renamed_classes": [{"from": "Room", "to": "B"}]},
               {"tag": "v3", "deleted_classes": ["Room"]})"),
      "non-existent class Room: it was renamed to \"B\" by migrations[1] (tag \"v2\").");
  has(after(R"({"tag": "v2", "transferred_classes": [{"from": "X", "from_script": "s",
                                                      "to": "Room"}]})"),
      "migrations[1].transferred_classes[0].to: Cannot apply transferred_classes migration to "
      "existing class Room");
}

TEST_CASE("spec/config.md 2: a migration's shape: tag, lists, names") {
  auto only = [](const std::string& entry) { return failed("\"migrations\": [" + entry + "]"); };
  has(only(R"({"new_classes": ["A"]})"), "migrations[0].tag: \"migrations[0].tag\" is required");
  has(only(R"({"tag": ""})"), "migrations[0].tag: \"migrations[0].tag\" must not be empty");
  has(only(R"({"tag": 1})"), "to be of type string but got 1.");
  has(only(R"("v1")"), "Expected \"migrations[0]\" to be an object but got \"v1\".");
  has(only(R"({"tag": "v1"}, {"tag": "v1"})"),
      "migrations[1].tag: \"v1\" is already the tag of migrations[0]. A tag tells which migrations "
      "were applied, so each has its own: give this one another, such as \"v2\".");
  has(only(R"({"tag": "v1", "new_classes": "A"})"), "to be of type array but got \"A\".");
  has(only(R"({"tag": "v1", "new_classes": [{}]})"),
      "migrations[0].new_classes[0]: Expected \"migrations[0].new_classes[0]\" to be the name of a "
      "class but got {}.");
  has(only(R"({"tag": "v1", "deleted_classes": [""]})"), "to be the name of a class but got \"\"");
  has(only(R"({"tag": "v1", "renamed_classes": [{"from": "A"}]})"),
      "\"migrations[0].renamed_classes[0].to\" is required");
  has(only(R"({"tag": "v1", "transferred_classes": [{"from": "A", "to": "B"}]})"),
      "\"migrations[0].transferred_classes[0].from_script\" is required");
  has(failed("\"migrations\": {}"), "migrations: Expected \"migrations\" to be of type array");
  has(warned(R"("migrations": [{"tag": "v1", "new_sqlite_clases": ["A"]}])"),
      "migrations[0].new_sqlite_clases: Unexpected field \"new_sqlite_clases\". Did you mean "
      "\"new_sqlite_classes\"?");
}

TEST_CASE("spec/config.md 2: a transferred class is there, empty, and its backend is not known") {
  const std::string members =
      R"("migrations": [{"tag": "v1", "transferred_classes": [
           {"from": "Old", "from_script": "other", "to": "New"}]}])";
  CHECK(loaded(members, false) == "New=w-New/kv");
  has(warned(members), "migrations[0].transferred_classes[0]: not emulated by this version of "
                       "offing: objects of Old of the Worker other do not come over.");
}

TEST_CASE("a bound class that nothing creates works without SQL, as in wrangler dev, and warns") {
  const std::string room = bind(R"({"name": "ROOM", "class_name": "Room"},
                                   {"name": "AGAIN", "class_name": "Room"})");
  CHECK(loaded(room, false) == "Room=w-Room/kv @ROOM=Room:w-Room @AGAIN=Room:w-Room");
  const Project project = must_load(one(room).string());
  REQUIRE(project.warnings.size() == 1);
  has(project.warnings[0].text(),
      "durable_objects.bindings[0].class_name: nothing creates the class \"Room\". It works here");
  has(project.warnings[0].text(),
      "Add { \"tag\": \"v1\", \"new_sqlite_classes\": [\"Room\"] } to migrations.");
  has(warned(std::string("\"migrations\": [") + kRoom + R"(, {"tag": "v3"}], )" +
             bind(R"({"name": "R", "class_name": "Rom"})")),
      "nothing creates the class \"Rom\". Did you mean \"Room\"? It works here");
  has(warned(std::string("\"migrations\": [") + kRoom + R"(, {"tag": "v3"}], )" +
             bind(R"({"name": "R", "class_name": "Hall"})")),
      "{ \"tag\": \"v4\", \"new_sqlite_classes\": [\"Hall\"] }");
  Folder folder;
  folder.write("index.js", kScript)
      .write("wrangler.toml", "name = \"w\"\nmain = \"index.js\"\n[[durable_objects.bindings]]\n"
                              "name = \"R\"\nclass_name = \"Room\"\n");
  has(warnings_of(must_load(folder.string())),
      "Add [[migrations]] with tag = \"v1\" and new_sqlite_classes = [\"Room\"].");
}

TEST_CASE("a binding to a class that is gone is an error that says where it went") {
  auto bound = [](const std::string& more) {
    return failed(std::string("\"migrations\": [") + kRoom + more + "],\n" +
                  bind(R"({"name": "R", "class_name": "Room"})"));
  };
  has(bound(R"(, {"tag": "v2", "deleted_classes": ["Room"]})"),
      "wrangler.json:4:62: durable_objects.bindings[0].class_name: \"Room\" was deleted by "
      "migrations[1] (tag \"v2\"), and is still bound here.");
  has(bound(R"(, {"tag": "v2", "renamed_classes": [{"from": "Room", "to": "Hall"}]})"),
      "\"Room\" was renamed to \"Hall\" by migrations[1]");
}

TEST_CASE("spec/config.md 2: script_name is this Worker or another one") {
  auto script = [](const std::string& rest) {
    return std::string("\"migrations\": [") + kRoom + "], " +
           bind(R"({"name": "R", "class_name": "Room", )" + rest + "}");
  };
  CHECK(loaded(script("\"script_name\": \"w\"")) == "Room=w-Room/sqlite @R=Room:w-Room");
  CHECK(loaded(script("\"script_name\": \"\"")) == "Room=w-Room/sqlite @R=Room:w-Room");
  const Project other = must_load(one(script("\"script_name\": \"chat\"")).string());
  CHECK(actors(other) == "Room=w-Room/sqlite");
  REQUIRE(other.worker.unsupported_bindings.size() == 1);
  CHECK(other.worker.unsupported_bindings[0].second ==
        "Durable Object namespace of another Worker (class Room of chat)");
  has(warnings_of(other), "durable_objects.bindings[0]: not emulated by this version of offing");
  has(warned(script(R"("script_name": "w", "environment": "prod")")), "(class Room of w-prod)");
  has(failed(script("\"environment\": \"prod\"")),
      "durable_objects.bindings[0].environment: \"prod\" is an environment of the Worker that");
  has(failed("\"durable_objects\": {}"),
      "\"durable_objects.bindings\" is required, and must be of type array.");
  has(warned("\"durable_objects\": {\"bindings\": [], \"bindngs\": []}"),
      "durable_objects.bindngs: Unexpected field \"bindngs\". Did you mean \"bindings\"?");
  has(failed("\"vars\": {\"R\": \"x\"}, " + script("\"script_name\": \"w\"")),
      "\"R\" is also the name of vars.R");
}

TEST_CASE("spec/config.md 1.1: environments inherit migrations, and repeat durable_objects") {
  const std::string binding = bind(R"({"name": "R", "class_name": "Room"})");
  const Folder folder =
      one(std::string("\"migrations\": [") + kRoom + "], " + binding + ", \"env\": {\"same\": {" +
          binding + "}, \"bare\": {}, \"own\": {" + binding +
          R"(, "migrations": [{"tag": "x", "new_classes": ["Room"]}]},
             "bad": {"migrations": [1]}})");
  CHECK(actors(must_load(folder.string(), "same")) ==
        "Room=w-same-Room/sqlite @R=Room:w-same-Room");
  CHECK(actors(must_load(folder.string(), "own")) == "Room=w-own-Room/kv @R=Room:w-own-Room");
  const Project bare = must_load(folder.string(), "bare");
  CHECK(actors(bare) == "Room=w-bare-Room/sqlite");
  has(warnings_of(bare), "\"durable_objects\" exists at the top level, but not on \"env.bare\".");
  has(error_of(folder.string(), "bad"), "env.bad.migrations[0]: Expected");
}

TEST_CASE("spec/config.md 2: exports declare classes instead of migrations") {
  CHECK(loaded(R"("exports": {
      "Room": {"type": "durable-object", "storage": "sqlite"},
      "ChatRoom": {"type": "durable-object", "state": "renamed", "renamed_to": "Room"},
      "Old": {"type": "durable-object", "state": "created", "storage": "legacy-kv"},
      "Dead": {"type": "durable-object", "state": "deleted"},
      "Api": {"type": "worker"}}, )" + bind(R"({"name": "R", "class_name": "Room"})")) ==
        "Room=w-ChatRoom/sqlite Old=w-Old/kv -w-Dead @R=Room:w-ChatRoom");
  const std::string transfers = R"("exports": {
      "In": {"type": "durable-object", "state": "expecting-transfer", "storage": "sqlite",
             "transfer_from": "a"},
      "Out": {"type": "durable-object", "state": "transferred", "transferred_to": "b"}})";
  CHECK(loaded(transfers, false) == "In=w-In/sqlite");
  has(warned(transfers), "exports.In: not emulated by this version of offing: objects of another");
  has(warned(transfers), "exports.Out: not emulated by this version of offing: the class's obj");
  has(failed(transfers + ", " + bind(R"({"name": "O", "class_name": "Out"})")),
      "\"Out\" was transferred to the Worker b by exports.Out, and is still bound here");
  has(warned(R"("exports": {"A": {"type": "durable-object", "storage": "sqlite"}}, )" +
             bind(R"({"name": "R", "class_name": "Room"})")),
      "Add \"Room\": { \"type\": \"durable-object\", \"storage\": \"sqlite\" } to exports.");
}

TEST_CASE("spec/config.md 2: exports that contradict themselves are errors") {
  auto object = [](const std::string& members) {
    return failed(R"("exports": {"A": {"type": "durable-object")" + members +
                  R"(}, "B": {"type": "durable-object", "storage": "sqlite"}})");
  };
  has(object(""), "exports.A.storage: \"exports.A.storage\" is required in the state \"created\".");
  has(object(R"(, "storage": "sql")"), "exports.A.storage: \"sql\" is not a storage backend. It "
                                       "must be \"sqlite\" or \"legacy-kv\"");
  has(object(R"(, "storage": "sqlite", "renamed_to": "B")"),
      "exports.A.renamed_to: does not belong to the state \"created\", which is the default.");
  has(object(R"(, "state": "deleted", "storage": "sqlite")"),
      "exports.A.storage: does not belong to the state \"deleted\".");
  has(object(R"(, "state": "renamed")"), "exports.A.renamed_to\" is required in the state");
  has(object(R"(, "state": "renamed", "renamed_to": "C")"),
      "exports.A.renamed_to: \"C\" is not a class in the state \"created\". Add \"exports.C\"");
  has(object(R"(, "state": "renamed", "renamed_to": "A")"), "\"A\" is not a class in the state");
  has(object(R"(, "state": "remaned", "renamed_to": "B")"),
      "exports.A.state: \"remaned\" is not a state of a class. It must be one of \"created\", "
      "\"deleted\", \"renamed\", \"transferred\", \"expecting-transfer\". Did you mean "
      "\"renamed\"?");
  has(object(R"(, "state": "expecting-transfer", "storage": "sqlite")"),
      "exports.A.transfer_from\" is required");
  has(object(R"(, "state": "renamed", "renamed_to": "B"}, "C": {"type": "durable-object",
                 "state": "renamed", "renamed_to": "B")"),
      "exports.C.renamed_to: \"B\" is already the new name of \"A\".");
  has(failed(R"("exports": {"A": {}})"), "\"exports.A.type\" is required");
  has(failed(R"("exports": {"A": 1})"), "Expected \"exports.A\" to be an object but got 1.");
  has(failed(R"("exports": {"A": {"type": "durable_object"}})"),
      "exports.A.type: \"durable_object\" is not a type of export. It must be one of "
      "\"durable-object\", \"worker\", \"workflow\". Did you mean \"durable-object\"?");
  has(failed(R"("exports": {"A": {"type": "durable-object", "storage": "sqlite"}}, "migrations":)" +
             (" [" + std::string(kRoom)) + "]"),
      "exports: declares Durable Object classes, and \"migrations\" does too. The two are mutually "
      "exclusive");
  CHECK(loaded(R"("exports": {"A": {"type": "worker"}}, "migrations": [)" + std::string(kRoom) +
               "]") == "Room=w-Room/sqlite");
}

TEST_CASE("spec/config.md 2: service bindings to entrypoints of this Worker") {
  const Project project = must_load(
      one(R"("services": [{"binding": "SELF", "service": "w"},
             {"binding": "ADMIN", "service": "w", "entrypoint": "Admin"},
             {"binding": "TENANT", "service": "w", "entrypoint": "Admin",
              "props": {"id": [1, "a"]}},
             {"binding": "PROPS", "service": "w", "props": {}},
             {"binding": "OTHER", "service": "auth", "entrypoint": "Admin"}])").string());
  std::string text;
  for (const offing::ServiceBinding& s : project.worker.service_bindings) {
    text += s.name + ":" + s.entrypoint + s.props_json + " ";
  }
  CHECK(text == "SELF:default ADMIN:Admin TENANT:Admin{\"id\":[1,\"a\"]} PROPS:default{} ");
  REQUIRE(project.worker.unsupported_bindings.size() == 1);
  CHECK(project.worker.unsupported_bindings[0].second == "service binding to the Worker auth");
}
