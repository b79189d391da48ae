#include "emulator/topology/guest_watch.h"

#include <v8-isolate.h>

#include "runtime/isolate/memory_look.h"

namespace offing {
namespace {

void stop(void* isolate) { static_cast<v8::Isolate*>(isolate)->TerminateExecution(); }
void look(void* isolate) { ask_for_memory_look(static_cast<v8::Isolate*>(isolate)); }

}  // namespace

// When memory is looked at depends on the machine's speed too.
GuestWatch::GuestWatch(bool only_runaways)
    : only_runaways_(only_runaways), watchdog_(stop, only_runaways ? nullptr : look) {}

void GuestWatch::enter(v8::Isolate* isolate) {
  watchdog_.enter(isolate);
  if (only_runaways_) watchdog_.allow(kRunawayUs);
}

void GuestWatch::allow(int64_t budget_us) {
  if (!only_runaways_) watchdog_.allow(budget_us);
}

CpuWatch::Stay GuestWatch::leave() {
  const Watchdog::Stay stay = watchdog_.leave();
  return {only_runaways_ ? 0 : stay.used_us, stay.used_us, stay.stopped};
}

}  // namespace offing
