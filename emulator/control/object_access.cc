#include "emulator/control/object_access.h"

#include <algorithm>
#include <utility>

#include "emulator/control/shown.h"
#include "storage/digest/digest.h"

namespace offing::control {

std::string object_id_of_name(std::string_view unique_key, std::string_view name) {
  constexpr size_t kHalf = 16;
  const std::string secret = digest::digest_of(digest::Algorithm::kSha256, unique_key);
  const std::string first = digest::hmac_sha256(secret, name).substr(0, kHalf);
  return digest::to_hex(first + digest::hmac_sha256(secret, first).substr(0, kHalf));
}

std::expected<Object*, Failure> object_of(Stage& stage, const Arguments& arguments) {
  auto space = object_class(stage, arguments.text("class"));
  if (!space) return std::unexpected(space.error());
  const auto name = arguments.optional_text("name");
  const auto id = arguments.optional_text("id");
  if (name.has_value() == id.has_value())
    return std::unexpected(Failure::bad("give either \"name\" (of idFromName) or \"id\" (64 hex digits)"));
  Actors& actors = stage.stack().actors();
  const std::string& unique_key = stage.stack().project().worker.actor_classes[*space].unique_key;
  CallTarget target;
  target.kind = CallTarget::Kind::kActor;
  target.index = *space;
  target.name = name.value_or("");
  target.id = name ? object_id_of_name(unique_key, *name) : *id;
  const bool known = name || actors.objects().find(ObjectOrder::Key{unique_key, target.id}) != nullptr ||
                     actors.store().exists({unique_key, target.id});
  if (!known)
    return std::unexpected(Failure{404, "no_such_object",
                                   "no object of " + arguments.text("class") + " has the id \"" +
                                       id->substr(0, 80) + "\" (POST objects/list shows all)"});
  auto object = actors.objects().find(target, 0);
  if (!object) return std::unexpected(Failure{409, "no_object", object.error()});
  return *object;
}

std::expected<ObjectAccess, Failure> ObjectAccess::open(Stage& stage, const Arguments& arguments) {
  auto object = object_of(stage, arguments);
  if (!object) return std::unexpected(object.error());
  ObjectAccess access(stage, **object);
  if (access.storage().transaction_open())
    return std::unexpected(Failure{409, "transaction_open",
                                   "the object has a transaction() open; ask again when it has ended"});
  return access;
}

ObjectAccess::~ObjectAccess() {
  if (object_ != nullptr) stage_.stack().actors().objects().drop_unused_storage(*object_);
}

durable::ObjectStorage& ObjectAccess::storage() {
  return stage_.stack().actors().objects().storage_of(*object_);
}

Failure ObjectAccess::failed(const durable::StorageError& error) {
  if (storage().transaction_open()) storage().rollback();
  if (error.breaks_object)
    stage_.stack().actors().objects().reset(*object_, GuestError::reset(error.text));
  return {400, "storage_refused", error.text};
}

void ObjectAccess::commit(Reply reply, std::string answer) {
  if (storage().transaction_open()) {
    if (auto done = storage().commit(stage_.world().now_ms()); !done)
      return reply.fail(failed(done.error()));
  }
  // Whoever comes last answers: `make_durable` drops its callback when there is nothing to wait for.
  auto shared = std::make_shared<Reply>(std::move(reply));
  auto text = std::make_shared<std::string>(std::move(answer));
  const bool durable = stage_.stack().actors().commits().make_durable(
      [shared, text, waiting = Waiting(stage_)](std::expected<void, GuestError> done) {
        if (!done) return shared->fail({500, "not_durable", done.error().message});
        (*shared)(std::move(*text));
      });
  if (durable) (*shared)(std::move(*text));
}

}  // namespace offing::control
