// A Durable Object as the control API reaches it: by class and name or id, whether it is in memory or not.
// What it reads and writes is the storage that the guest has. A write is a transaction of its own, between two
// events of the object; while the guest has one open, none can be made.
#ifndef OFFING_EMULATOR_CONTROL_OBJECT_ACCESS_H_
#define OFFING_EMULATOR_CONTROL_OBJECT_ACCESS_H_

#include <expected>
#include <string>
#include <string_view>

#include "emulator/control/verb.h"

namespace offing::control {

// The id that env.NAMESPACE.idFromName(name) gives, without a jurisdiction (spec/durable-objects.md 1.2).
std::string object_id_of_name(std::string_view unique_key, std::string_view name);

// The object that `class` and `name` or `id` name. One that is named for the first time is made known, as
// a call of the guest's from the first location would. An id has to be known, or stored.
std::expected<Object*, Failure> object_of(Stage& stage, const Arguments& arguments);

// Between two events of the object. Storage is let go of again at its end.
class ObjectAccess {
 public:
  static std::expected<ObjectAccess, Failure> open(Stage& stage, const Arguments& arguments);
  ObjectAccess(ObjectAccess&& other) noexcept
      : stage_(other.stage_), object_(std::exchange(other.object_, nullptr)) {}
  ObjectAccess& operator=(ObjectAccess&&) = delete;
  ~ObjectAccess();

  durable::ObjectStorage& storage();
  // What of an operation failed; undoes it.
  Failure failed(const durable::StorageError& error);
  // Ends the transaction, and answers when it is durable.
  void commit(Reply reply, std::string answer);

 private:
  ObjectAccess(Stage& stage, Object& object) : stage_(stage), object_(&object) {}
  Stage& stage_;
  Object* object_;
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_OBJECT_ACCESS_H_
