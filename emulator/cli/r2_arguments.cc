#include "emulator/cli/r2_arguments.h"

#include <CLI/CLI.hpp>

namespace offing::cli {

using Task = R2Arguments::Task;

// A command that only says what to do; options it does not know are those of `offing r2`.
static CLI::App* leaf(CLI::App& parent, const char* name, const char* about, R2Arguments& a,
                      Task task) {
  CLI::App* command = parent.add_subcommand(name, about);
  command->fallthrough();
  command->callback([&a, task] { a.task = task; });
  return command;
}

static CLI::App* group(CLI::App& parent, const char* name, const char* about) {
  CLI::App* command = parent.add_subcommand(name, about);
  command->fallthrough();
  command->require_subcommand(1);
  return command;
}

// Words and flags are Wrangler's (spec/r2.md 2.1).
static void add_locks(CLI::App& parent, R2Arguments& a) {
  CLI::App* lock = group(parent, "lock", "Retention rules of a bucket");
  CLI::App* list = leaf(*lock, "list", "Show the rules of a bucket", a, Task::kLockList);
  list->add_option("bucket", a.bucket, "Name of the bucket")->required();

  CLI::App* add = leaf(*lock, "add", "Add a rule to a bucket", a, Task::kLockAdd);
  add->add_option("bucket", a.bucket, "Name of the bucket")->required();
  add->add_option("name,--name,--id", a.rule, "Name of the rule, unique in the bucket");
  add->add_option("prefix,--prefix", a.prefix, "Keys that it locks; \"\" for all");
  add->add_option("--retention-days", a.retention_days, "Lock objects for so many days");
  add->add_option("--retention-date", a.retention_date, "Lock objects until YYYY-MM-DD");
  add->add_flag("--retention-indefinite", a.retention_indefinite, "Lock objects for good");

  CLI::App* remove = leaf(*lock, "remove", "Remove a rule from a bucket", a, Task::kLockRemove);
  remove->add_option("bucket", a.bucket, "Name of the bucket")->required();
  remove->add_option("--name,--id", a.rule, "Name of the rule")->required();

  CLI::App* set = leaf(*lock, "set", "Replace all rules of a bucket", a, Task::kLockSet);
  set->add_option("bucket", a.bucket, "Name of the bucket")->required();
  set->add_option("--file", a.file, "JSON file: {\"rules\": [...]}")->required();
}

static void add_buckets(CLI::App& r2, R2Arguments& a) {
  CLI::App* bucket = group(r2, "bucket", "Buckets");
  leaf(*bucket, "list", "Show all buckets", a, Task::kBucketList);
  CLI::App* create = leaf(*bucket, "create", "Make a bucket", a, Task::kBucketCreate);
  create->add_option("bucket", a.bucket, "Name of the bucket")->required();
  create->add_option("--location", a.location, "wnam, enam, weur, eeur, apac or oc");
  create->add_option("-s,--storage-class", a.storage_class, "Standard or InfrequentAccess");
  CLI::App* remove = leaf(*bucket, "delete", "Delete an empty bucket", a, Task::kBucketDelete);
  remove->add_option("bucket", a.bucket, "Name of the bucket")->required();
  add_locks(*bucket, a);   // as in `wrangler r2 bucket lock`
}

static void add_tokens(CLI::App& r2, R2Arguments& a) {
  CLI::App* token = group(r2, "token", "Keys of the S3 API");
  leaf(*token, "list", "Show all tokens, without their secrets", a, Task::kTokenList);
  CLI::App* create = leaf(*token, "create", "Make a token, and show its secrets", a,
                          Task::kTokenCreate);
  create->add_option("--name", a.name, "What it is called");
  create->add_option("--scope", a.scope,
                     "admin-read-write, admin-read-only, object-read-write or object-read-only")
      ->capture_default_str();
  create->add_option("--bucket", a.buckets, "Only this bucket (may be repeated; object scopes)")
      ->allow_extra_args(false);
}

CLI::App* add_r2_command(CLI::App& app, R2Arguments& a) {
  CLI::App* r2 = app.add_subcommand(
      "r2", "Buckets, bucket locks and S3 keys of a running `offing dev`, or of a state directory");
  r2->require_subcommand(1);
  CLI::Option* url = r2->add_option("--url", a.url, "Where `offing dev` serves")
                         ->capture_default_str();
  r2->add_option("--state", a.state, "State directory instead, which no running `offing dev` uses")
      ->excludes(url);
  r2->add_option("-J,--jurisdiction", a.jurisdiction, "Of the bucket: eu, fedramp or us");
  r2->add_flag("--json", a.json, "Print JSON");
  r2->add_flag("-y,--force", a.force, "Do not ask back");
  add_locks(*r2, a);
  add_buckets(*r2, a);
  add_tokens(*r2, a);
  return r2;
}

}  // namespace offing::cli
