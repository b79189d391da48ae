// Memory that one operation takes without a collection (a map that doubles its table) is seen by
// looking at it now and then while a guest runs.
#ifndef OFFING_RUNTIME_ISOLATE_MEMORY_LOOK_H_
#define OFFING_RUNTIME_ISOLATE_MEMORY_LOOK_H_

namespace v8 {
class Isolate;
}

namespace offing {

// At its next safe point the guest is stopped if it holds more than twice its limit. Any thread; the
// isolate is there, and is an Isolate's.
void ask_for_memory_look(v8::Isolate* isolate);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_MEMORY_LOOK_H_
