#include "emulator/invariants/invariants.h"

#include <algorithm>

#include "runtime/limits/limits.h"

namespace offing::invariants {

std::optional<Invariant> invariant_from(std::string_view name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<Invariant>(at - kNames.begin());
}

bool Settings::any() const {
  return std::any_of(of.begin(), of.end(), [](const One& one) { return one.on; });
}

bool glob_matches(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0, star = glob.npos, resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g, ++t;
    } else if (star != glob.npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool Invariants::wants(Invariant invariant, const KeyName& key) const {
  const Settings::One& one = settings_.at(invariant);
  if (!one.on) return false;
  if (one.keys.empty()) return true;
  const std::string name = key.text();
  return std::any_of(one.keys.begin(), one.keys.end(),
                     [&name](const std::string& glob) { return glob_matches(glob, name); });
}

Invariants::Context Invariants::context(const trace::Stamp& stamp, uint64_t request,
                                        std::string_view location) {
  Client* client = clients_.find(request);
  Context c{stamp, request, location, client, {}, {}};
  c.session = client ? client->session : std::string(location);
  c.who = client ? client->what : "somebody";
  const std::string_view where = client && !client->location.empty() ? client->location : location;
  if (!where.empty()) c.who += " in " + std::string(where);
  return c;
}

Invariants::Seen* Invariants::seen(const Context& c, const KeyName& key) {
  auto at = seen_.find({c.session, key});
  if (at != seen_.end()) return &at->second;
  if (seen_.size() >= kSeenMax) return complete_ = false, nullptr;
  return &seen_[{c.session, key}];
}

void Invariants::report(Violation violation) {
  ++count_;
  if (violations_.size() < kViolationsMax) violations_.push_back(std::move(violation));
}

void Invariants::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  if (auto* e = std::get_if<trace::RequestEvent>(&event)) return clients_.on_request(*e);
  if (auto* e = std::get_if<trace::CronEvent>(&event)) return clients_.on_cron(*e);
  if (auto* e = std::get_if<trace::ObjectCallEvent>(&event)) return clients_.on_object_call(*e);
  if (auto* e = std::get_if<trace::KvReadEvent>(&event)) return on_kv_read(stamp, *e);
  if (auto* e = std::get_if<trace::KvWriteEvent>(&event)) return on_kv_write(stamp, *e);
  if (auto* e = std::get_if<trace::R2ReadEvent>(&event)) return on_r2_read(stamp, *e);
  if (auto* e = std::get_if<trace::R2WriteEvent>(&event)) return on_r2_write(stamp, *e);
  if (auto* e = std::get_if<trace::ResponseEvent>(&event)) return on_response(stamp, *e);
  if (auto* e = std::get_if<trace::ObjectAnswerEvent>(&event)) {
    if (e->outcome.starts_with("exceeded"))
      limit(context(stamp, e->request, e->location), e->outcome);
  } else if (auto* e = std::get_if<trace::ExceptionEvent>(&event)) {
    for (std::string_view text : {kExternalSubrequestsText, kExternalSubrequestsTextOld,
                                  kInternalSubrequestsText, kInternalSubrequestsTextOld}) {
      if (e->text.find(text) == e->text.npos) continue;
      return limit(context(stamp, e->request, e->location), e->text);
    }
  }
}

void Invariants::on_kv_read(const trace::Stamp& stamp, const trace::KvReadEvent& e) {
  const bool both_absent = e.served_absent && e.newest_absent;
  const bool stale = e.staleness_ms > 0 || (e.version_served < e.version_newest && !both_absent);
  read(context(stamp, e.request, e.location),
       {"kv", std::string(e.kv_namespace), std::string(e.key)},
       {e.version_served, e.version_newest, e.served_absent, e.newest_absent, stale});
}

// An error that says which limit of the platform it is about.
static bool is_limit(std::string_view error) {
  return error.find("429") != error.npos || error.find("413") != error.npos ||
         error.find("(10058)") != error.npos;
}

void Invariants::on_kv_write(const trace::Stamp& stamp, const trace::KvWriteEvent& e) {
  const Context c = context(stamp, e.request, e.location);
  const KeyName key{"kv", std::string(e.kv_namespace), std::string(e.key)};
  if (e.error.empty()) return write(c, key, e.version, e.op == "delete");
  refused(c, key, e.op, e.error);
  if (is_limit(e.error))
    limit(c, std::string(e.op) + " of " + key.text() + ": " + std::string(e.error));
}

void Invariants::on_r2_read(const trace::Stamp& stamp, const trace::R2ReadEvent& e) {
  if (e.outcome == "refused") return;
  const KeyName key{"r2", std::string(e.bucket), std::string(e.key)};
  Versions& versions = versions_[key];
  const Acknowledged* newest = versions.newest();
  Read seen{0, newest ? newest->version : 0, e.outcome == "absent", !newest || newest->deletes,
            false};
  if (seen.absent) {
    // A deletion has no name: nothing is what the newest deletion left.
    if (newest && newest->deletes) seen.served = newest->version;
  } else if (auto number = versions.number_of(e.version)) {
    seen.served = *number;
  } else {
    return;  // there before the run began
  }
  seen.stale = seen.served < seen.newest;
  read(context(stamp, e.request, e.location), key, seen);
}

void Invariants::on_r2_write(const trace::Stamp& stamp, const trace::R2WriteEvent& e) {
  static constexpr std::string_view kChanges[] = {"put", "delete", "copy",
                                                  "completeMultipartUpload", "expire"};
  if (std::find(std::begin(kChanges), std::end(kChanges), e.op) == std::end(kChanges)) return;
  const Context c = context(stamp, e.request, e.location);
  const KeyName key{"r2", std::string(e.bucket), std::string(e.key)};
  if (e.outcome == "ok") {
    const bool deletes = e.op == "delete" || e.op == "expire";
    return write(c, key, versions_[key].commit(deletes ? std::string_view{} : e.version), deletes);
  }
  if (e.outcome != "refused" && e.outcome != "locked") return;
  refused(c, key, e.op, e.error);
  if (is_limit(e.error))
    limit(c, std::string(e.op) + " of " + key.text() + ": " + std::string(e.error));
}

static std::string version_text(uint64_t version, bool absent) {
  if (version == 0) return "nothing";
  return absent ? "the deletion of version " + std::to_string(version)
                : "version " + std::to_string(version);
}

static std::string write_text(const Acknowledged& write) {
  return std::string(write.deletes ? "its deletion (version " : "version ") +
         std::to_string(write.version) + (write.deletes ? ")" : "");
}

void Invariants::read(const Context& c, const KeyName& key, const Read& r) {
  const std::string name = key.text();
  const std::string what = version_text(r.served, r.absent);
  const Moment here{c.stamp.sequence, c.stamp.at_us, c.request,
                    "read of " + name + " (" + what + ")"};
  const std::string begins = c.who + " read " + what + " of " + name;
  auto violation = [this, &key, &c, &here](Invariant invariant, Moment against, std::string text) {
    report({invariant, key, std::string(c.location), c.session, here, std::move(against),
            std::move(text)});
  };
  auto after = [&c](const Moment& earlier) { return duration_text(c.stamp.at_us - earlier.at_us); };
  const Versions& versions = versions_[key];

  if (r.stale && wants(Invariant::kNoStaleAuthReads, key)) {
    const Acknowledged* newer = versions.first_after(r.served);
    if (newer)
      violation(Invariant::kNoStaleAuthReads, newer->moment,
                begins + ", " + after(newer->moment) + " after " + write_text(*newer) +
                    " was acknowledged in " + newer->location + " (" + newer->by + ").");
    else
      violation(
          Invariant::kNoStaleAuthReads, {},
          begins + ", though version " + std::to_string(r.newest) + " had been acknowledged.");
  }
  // What has expired is gone for good, whichever version it was.
  const bool gone = r.absent && r.newest_absent;
  if (const Acknowledged* newest = versions.newest();
      newest && r.newest < newest->version && !(r.newest_absent && r.newest == 0) &&
      wants(Invariant::kNoAcknowledgedWriteLost, key))
    violation(Invariant::kNoAcknowledgedWriteLost, newest->moment,
              "Version " + std::to_string(newest->version) + " of " + name +
                  " was acknowledged to " + newest->by + " and is lost: " + after(newest->moment) +
                  " later the newest is " + version_text(r.newest, r.newest_absent) + ".");
  Seen* mine = seen(c, key);
  if (mine && !gone) {
    if (r.served < mine->written && wants(Invariant::kReadYourWrites, key))
      violation(Invariant::kReadYourWrites, mine->written_at,
                begins + ", " + after(mine->written_at) + " after session " + c.session +
                    " itself had written version " + std::to_string(mine->written) + ".");
    if (r.served < mine->read && wants(Invariant::kMonotonicReads, key))
      violation(Invariant::kMonotonicReads, mine->read_at,
                begins + ", " + after(mine->read_at) + " after session " + c.session +
                    " had already read version " + std::to_string(mine->read) + ".");
  }
  if (mine && r.served >= mine->read) mine->read = r.served, mine->read_at = here;
  if (c.client && (c.client->reads.size() < Clients::kKeysMax || c.client->reads.contains(key)))
    c.client->reads[key] = {r.served, here};
}

void Invariants::write(const Context& c, const KeyName& key, uint64_t version, bool deletes) {
  const std::string name = key.text();
  const Moment here{
      c.stamp.sequence, c.stamp.at_us, c.request,
      (deletes ? "deletion of " : "put of ") + name + " (version " + std::to_string(version) + ")"};
  Versions& versions = versions_[key];
  if (c.client) {
    if (Client* root = clients_.root_of(*c.client)) root->refused.erase(key);
    auto read = c.client->reads.find(key);
    if (read != c.client->reads.end()) {
      const Acknowledged* unseen =
          deletes ? nullptr : versions.between(read->second.first, version, c.request);
      if (unseen && wants(Invariant::kNoLostUpdate, key))
        report({Invariant::kNoLostUpdate, key, std::string(c.location), c.session, here,
                unseen->moment,
                c.who + " read " + version_text(read->second.first, false) + " of " + name +
                    " and put version " + std::to_string(version) + " over " + write_text(*unseen) +
                    ", which " + unseen->by + " had written in " + unseen->location +
                    " and it had not seen: that update is lost."});
      read->second = {version, here};
    }
  }
  if (Seen* mine = seen(c, key); mine && version > mine->written)
    mine->written = version, mine->written_at = here;
  versions.add({version, deletes, std::string(c.location), c.session,
                c.client ? c.client->what : "somebody", here});
}

void Invariants::refused(const Context& c, const KeyName& key, std::string_view op,
                         std::string_view error) {
  if (!c.client) return;
  Client* root = clients_.root_of(*c.client);
  if (!root || root->refused.size() >= Clients::kKeysMax) return;
  root->refused[key] = {
      c.stamp.sequence, c.stamp.at_us, c.request,
      std::string(op) + " of " + key.text() + " was refused: " + std::string(error)};
}

void Invariants::on_response(const trace::Stamp& stamp, const trace::ResponseEvent& e) {
  if (Client* client = clients_.find(e.request)) client->status = e.status;
  if (e.outcome.starts_with("exceeded")) limit(context(stamp, e.request, e.location), e.outcome);
}

void Invariants::limit(const Context& c, std::string_view what) {
  if (!settings_.at(Invariant::kNoLimitExceeded).on) return;
  report({Invariant::kNoLimitExceeded,
          {},
          std::string(c.location),
          c.session,
          {c.stamp.sequence, c.stamp.at_us, c.request, std::string(what)},
          {},
          c.who + " went beyond a limit: " + std::string(what) + "."});
}

void Invariants::finish() {
  if (std::exchange(finished_, true) || !settings_.at(Invariant::kNoAcknowledgedWriteLost).on)
    return;
  clients_.each([this](Client& client) {
    if (client.status < 200 || client.status >= 400) return;
    for (const auto& [key, moment] : client.refused) {
      if (!wants(Invariant::kNoAcknowledgedWriteLost, key)) continue;
      report({Invariant::kNoAcknowledgedWriteLost,
              key,
              client.location,
              client.session,
              moment,
              {},
              client.what + " in " + client.location + " was answered " +
                  std::to_string(client.status) + ", but its " + moment.what +
                  "; nothing made up for it."});
    }
  });
}

}  // namespace offing::invariants
