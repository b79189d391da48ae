#include <utility>

#include "emulator/control/control.h"
#include "emulator/control/json.h"
#include "emulator/control/options.h"

namespace offing::control {
namespace {

constexpr Argument kSet[] = {{"rule", Kind::kText, true, "\"LHR-SIN=90ms\", or \"LHR->SIN=90ms\" for one way"}};
constexpr Argument kClose[] = {{"a", Kind::kTexts, true, "locations, or central (KV's and R2's stores)"},
                               {"b", Kind::kTexts, false, "the other side; absent: everyone else"}};
constexpr Argument kOpen[] = {{"a", Kind::kTexts, false, "absent: every link"},
                              {"b", Kind::kTexts, false, "absent: every link of a"}};

void get_links(Call call) {
  Json json;
  json.open('{').key("links").open('[');
  for (const Network::Link& link : call.stage.stack().network().links()) {
    json.open('{').field("from", link.from).field("to", link.to).field("us", link.us);
    json.field("state", link_state_name(link.state)).close('}');
  }
  call.reply(json.close(']').close('}').take());
}

void set(Call call) {
  inside(std::move(call), [](Call call) {
    if (auto done = set_link(call.stage, call.arguments.text("rule")); !done)
      return call.reply.fail(std::move(done.error()));
    call.reply("{}");
  });
}

template <class Change> void change(Call call, Change change) {
  inside(std::move(call), [change](Call call) {
    auto done = change(call.stage.stack().network(), call.arguments.texts("a"), call.arguments.texts("b"));
    if (!done) return call.reply.fail(Failure::bad(done.error()));
    call.reply("{}");
  });
}

void partition(Call call) {
  change(std::move(call), [](Network& n, const auto& a, const auto& b) { return n.partition(a, b); });
}
void hold(Call call) {
  change(std::move(call), [](Network& n, const auto& a, const auto& b) { return n.hold(a, b); });
}
void release(Call call) {
  change(std::move(call), [](Network& n, const auto& a, const auto& b) { return n.release(a, b); });
}
void repair(Call call) {
  change(std::move(call), [](Network& n, const auto& a, const auto& b) { return n.repair(a, b); });
}

constexpr Verb kVerbs[] = {
    {"GET", "links", "The ways between locations: how long, and whether open", {},
     "{links: [{from, to, us, state: open|held|cut}]}", get_links},
    {"POST", "links/set", "How long the way between two locations takes", kSet, "{}", set},
    {"POST", "links/partition", "Nothing passes between them: what is sent is lost", kClose, "{}", partition},
    {"POST", "links/hold", "What is sent between them waits", kClose, "{}", hold},
    {"POST", "links/release", "Ends a hold", kOpen, "{}", release},
    {"POST", "links/repair", "Ends a partition", kOpen, "{}", repair},
};

}  // namespace

std::expected<void, Failure> set_link(Stage& stage, std::string_view rule) {
  auto set = stage.stack().network().set(rule);
  if (!set) return std::unexpected(Failure::bad(set.error()));
  return {};
}

Verbs link_verbs() { return kVerbs; }

}  // namespace offing::control
