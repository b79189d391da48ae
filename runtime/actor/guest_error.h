// An exception on its way from the guest, or the platform, that failed a call to the guest that
// made it (spec/durable-objects.md 1.4). Class and message survive; of the rest only these marks.
#ifndef OFFING_RUNTIME_ACTOR_GUEST_ERROR_H_
#define OFFING_RUNTIME_ACTOR_GUEST_ERROR_H_

#include <string>
#include <utility>

namespace offing {

struct GuestError {
  std::string name = "Error";   // one of the classes of 1.4, "DOMException:<name>", else "Error"
  std::string message;
  bool remote = false;          // thrown by the callee's JavaScript
  bool retryable = false;       // disconnected
  bool overloaded = false;
  bool object_reset = false;    // the object is broken by it
  std::string object_id;        // hex; empty when no object failed
  std::string value;            // the exception as bytes, when the fields do not tell all of it

  static GuestError of(std::string message) {
    GuestError error;
    error.message = std::move(message);
    return error;
  }
  static GuestError reset(std::string message) {
    GuestError error;
    error.message = std::move(message);
    error.object_reset = true;
    return error;
  }
  std::string text() const { return name + ": " + message; }
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_GUEST_ERROR_H_
