// A Worker's modules as they were built, and what the guest is told about itself. Plain values.
#ifndef OFFING_RUNTIME_MODULES_BUNDLE_H_
#define OFFING_RUNTIME_MODULES_BUNDLE_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/limits/limits.h"

namespace offing {

struct Module {
  enum class Kind : uint8_t { kEsModule, kCommonJs, kWasm, kText, kData, kJson };
  std::string name;  // relative to the bundle's root, '/'-separated: "index.js", "lib/a.wasm"
  Kind kind = Kind::kEsModule;
  std::string bytes;
  std::string source_map;  // JSON text, or empty
};

struct Bundle {
  std::string main;  // name of the main module
  std::vector<Module> modules;
  const Module* find(std::string_view name) const {
    for (const Module& m : modules) {
      if (m.name == name) return &m;
    }
    return nullptr;
  }
};

struct KvBinding {
  std::string name;          // env.NAME
  std::string namespace_id;  // which store
};

struct R2Binding {
  std::string name;          // env.NAME
  std::string bucket_name;
  std::string jurisdiction;  // "" none, "eu", "fedramp", "us"
};

// A Durable Object class of this Worker, as its migrations leave it.
struct ActorClass {
  std::string class_name;  // as the main module exports it
  // "<worker>-<first name of the class>": stays over renames (spec/durable-objects.md 1.2).
  std::string unique_key;
  bool sqlite = true;  // SQLite backend, else the legacy KV backend (spec/durable-objects.md 2.1)
};

struct ActorBinding {
  std::string name;        // env.NAME
  std::string class_name;  // of this Worker
  std::string unique_key;  // which namespace
};

// To an entrypoint of this Worker.
struct ServiceBinding {
  std::string name;        // env.NAME
  std::string entrypoint;  // "default" or the name of an exported class
  std::string props_json;  // what ctx.props holds there; empty: none
};

struct WorkerOptions {
  std::string name;                // the Worker's
  std::string compatibility_date;  // YYYY-MM-DD
  std::set<std::string> flags;     // enable-names of every flag that is on (config evaluates them)
  // env.NAME as JSON text: "\"text\"" for a plain variable.
  std::vector<std::pair<std::string, std::string>> vars;
  Limits limits = kPlainLimits;  // what its guests are allowed
  std::vector<KvBinding> kv_bindings;
  std::vector<R2Binding> r2_bindings;
  std::vector<ServiceBinding> service_bindings;
  std::vector<ActorClass> actor_classes;
  std::vector<ActorBinding> actor_bindings;
  std::vector<std::string> deleted_actor_keys;  // unique keys whose data a migration deletes
  // Bindings the configuration names and offing does not have yet: (env name, what it is). Touching
  // one raises an error that says so.
  std::vector<std::pair<std::string, std::string>> unsupported_bindings;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_MODULES_BUNDLE_H_
