#include "storage/durable/object.h"

#include <sqlite3.h>

#include <cassert>

#include "storage/durable/bookmark.h"

namespace offing::durable {
namespace {

constexpr std::string_view kGone = "Durable Object storage is no longer accessible.";
constexpr std::string_view kDeleted = "SQLite query was canceled because the database was deleted.";
constexpr std::string_view kDeleteInTransaction = "Cannot call deleteAll() within a transaction";
constexpr std::string_view kEarlierError =
    "Cannot commit transaction due to an earlier SQL critical error";
constexpr std::string_view kConstraints =
    "Durable Object was reset and rolled back to its last known good state because the application "
    "left the database in a state where constraints were violated: ";

// Of an object that has nothing stored.
class NoRows final : public KvCursor {
 public:
  StorageResult<std::optional<std::pair<std::string_view, std::string_view>>> next() override {
    return std::nullopt;
  }
};

template <class T>
std::unexpected<StorageError> error_of(StorageResult<T>& result) {
  return std::unexpected(std::move(result.error()));
}

}  // namespace

Object::Object(CommitSink& store, ObjectState& state, Vfs& vfs, ConnectionOptions options,
               std::optional<StorageError> failure)
    : store_(store), state_(state), vfs_(vfs), options_(options), view_(state.pages),
      broken_(std::move(failure)) {}

Object::~Object() {
  close_connection(kGone);
  store_.closed(state_);
}

void Object::close_connection(std::string_view cursors_text) {
  cursors_.cancel(cursors_text);
  statements_.clear();
  tables_.reset();
  connection_.reset();
  begun_in_sqlite_ = false;
}

// ---- errors

StorageError Object::failed(StorageError error) {
  if (broken_) {
    error.breaks_object = true;
    return error;
  }
  const bool lost = begun_in_sqlite_ && connection_ && !connection_->in_transaction();
  if (!lost) return error;
  error.breaks_object = true;
  broken_ = error;
  return error;
}

template <class T>
StorageResult<T> Object::checked(StorageResult<T> result) {
  if (result) return result;
  return std::unexpected(failed(std::move(result.error())));
}

StorageResult<void> Object::usable() {
  if (broken_) return std::unexpected(*broken_);
  if (tables_) tables_->settle();
  return {};
}

StorageResult<void> Object::ready() {
  if (auto can = usable(); !can) return can;
  if (connection_) return {};
  auto opened = Connection::open(vfs_, view_, options_);
  if (!opened) return error_of(opened);
  connection_ = std::move(*opened);
  tables_.emplace(*connection_);
  return {};
}

// ---- the implicit transaction

StorageResult<void> Object::begin_write() {
  if (!connection_->in_transaction()) {
    if (auto begun = tables_->run(Tables::Word::kBegin); !begun) return begun;
    begun_in_sqlite_ = true;
  }
  if (txn_ == Txn::kNone) {
    txn_ = Txn::kImplicit;
    if (begun_) begun_();
  }
  return {};
}

// A statement that SQLite committed by itself: what it wrote belongs to the implicit transaction.
void Object::note_stray_commit() {
  if (txn_ != Txn::kNone || !view_.pending()) return;
  ahead_ = true;
  txn_ = Txn::kImplicit;
  if (begun_) begun_();
}

void Object::abandon() {
  if (ahead_) {
    close_connection(kGone);
  } else if (connection_ && connection_->in_transaction()) {
    (void)tables_->run(Tables::Word::kRollback);
  }
  if (tables_) tables_->forget();
  view_.discard();
  txn_ = Txn::kNone;
  ahead_ = alarm_changed_ = begun_in_sqlite_ = false;
  savepoints_ = 0;
}

StorageResult<uint64_t> Object::finish(int64_t now_ms) {
  assert(savepoints_ == 0 || broken_);
  if (tables_) tables_->settle();
  auto fail = [this](StorageError error) {
    error.breaks_object = true;
    cursors_.cancel(kGone);
    abandon();
    broken_ = error;
    return std::unexpected(std::move(error));
  };
  if (broken_) return fail(*broken_);
  if (txn_ == Txn::kNone) return 0;
  if (auto drained = cursors_.drain_writers(); !drained) return fail(std::move(drained.error()));
  int64_t alarm_ms = state_.alarm_ms;
  if (alarm_changed_ && connection_) {
    auto alarm = tables_->alarm_ms();
    if (!alarm) return fail(std::move(alarm.error()));
    alarm_ms = alarm->value_or(-1);
  } else if (alarm_changed_) {
    alarm_ms = -1;
  }
  if (connection_ && connection_->in_transaction()) {
    if (auto done = tables_->run(Tables::Word::kCommit); !done) {
      StorageError error = std::move(done.error());
      if ((sqlite3_errcode(connection_->db()) & 0xff) == SQLITE_CONSTRAINT)
        error.text.insert(0, kConstraints);
      return fail(std::move(error));
    }
  }
  if (!view_.pending()) {
    abandon();
    return 0;
  }
  auto number = store_.commit(state_, view_.take(), now_ms, alarm_ms);
  if (!number) {
    ahead_ = true;  // SQLite has committed what the store did not take
    return fail(std::move(number.error()));
  }
  txn_ = Txn::kNone;
  ahead_ = alarm_changed_ = begun_in_sqlite_ = false;
  return number;
}

StorageResult<uint64_t> Object::commit(int64_t now_ms) {
  assert(txn_ != Txn::kExplicit);
  return finish(now_ms);
}

void Object::rollback() {
  if (tables_) tables_->settle();
  cursors_.cancel(kGone);
  abandon();
}

StorageResult<void> Object::begin_explicit() {
  assert(txn_ == Txn::kNone);
  if (auto can = ready(); !can) return can;
  if (auto begun = tables_->run(Tables::Word::kBegin); !begun) return checked(std::move(begun));
  txn_ = Txn::kExplicit;
  begun_in_sqlite_ = true;
  return {};
}

StorageResult<uint64_t> Object::commit_explicit(int64_t now_ms) {
  assert(txn_ == Txn::kExplicit);
  return finish(now_ms);
}

void Object::rollback_explicit() {
  assert(txn_ == Txn::kExplicit);
  if (tables_) tables_->settle();
  abandon();
}

StorageResult<void> Object::savepoint() {
  if (auto can = ready(); !can) return can;
  if (auto begun = begin_write(); !begun) return checked(std::move(begun));
  if (auto drained = cursors_.drain_writers(); !drained) return drained;
  auto done = tables_->run(Tables::Word::kSavepoint);
  if (done) ++savepoints_;
  return checked(std::move(done));
}

StorageResult<void> Object::release_savepoint() {
  assert(savepoints_ > 0);
  --savepoints_;
  if (broken_)
    return std::unexpected(StorageError{.text = std::string(kEarlierError), .breaks_object = true});
  tables_->settle();
  if (auto drained = cursors_.drain_writers(); !drained) return drained;
  return checked(tables_->run(Tables::Word::kRelease));
}

StorageResult<void> Object::rollback_savepoint() {
  assert(savepoints_ > 0);
  --savepoints_;
  if (broken_) return std::unexpected(*broken_);
  tables_->settle();
  if (auto drained = cursors_.drain_writers(); !drained) return drained;
  auto back = tables_->run(Tables::Word::kRollbackTo);
  tables_->forget();
  if (!back) return checked(std::move(back));
  return checked(tables_->run(Tables::Word::kRelease));
}

// ---- key-value

StorageResult<std::optional<std::string_view>> Object::get(std::string_view key) {
  if (nothing_stored() && !broken_) return std::nullopt;
  if (auto can = ready(); !can) return error_of(can);
  return checked(tables_->get(key));
}

StorageResult<void> Object::put(std::string_view key, std::string_view value) {
  if (auto can = ready(); !can) return can;
  if (auto begun = begin_write(); !begun) return checked(std::move(begun));
  return checked(tables_->put(key, value));
}

StorageResult<bool> Object::remove(std::string_view key) {
  if (nothing_stored() && !broken_) return false;
  if (auto can = ready(); !can) return error_of(can);
  if (!tables_->has_kv()) return false;
  if (auto begun = begin_write(); !begun) return checked(StorageResult<bool>(error_of(begun)));
  return checked(tables_->remove(key));
}

StorageResult<std::unique_ptr<KvCursor>> Object::list(const ListOptions& options) {
  if (nothing_stored() && !broken_) return std::make_unique<NoRows>();
  if (auto can = ready(); !can) return error_of(can);
  cursors_.set(nullptr);  // before its statement is bound anew
  auto stmt = tables_->list(options);
  if (!stmt) return std::unexpected(failed(std::move(stmt.error())));
  if (!*stmt) return std::make_unique<NoRows>();
  auto rows = std::make_unique<KvRows>(connection_.get(), cursors_, *stmt);
  rows->on_error = [this](StorageError& error) { error = failed(std::move(error)); };
  return rows;
}

StorageResult<void> Object::remove_all(bool alarm_too) {
  if (auto can = usable(); !can) return can;
  if (txn_ == Txn::kExplicit || savepoints_ > 0)
    return std::unexpected(StorageError{.text = std::string(kDeleteInTransaction)});
  std::optional<int64_t> kept_alarm;
  if (!alarm_too) {
    auto now = alarm();
    if (!now) return error_of(now);
    kept_alarm = *now;
  }
  const bool was_open = txn_ != Txn::kNone;
  close_connection(kDeleted);
  view_.discard();
  view_.wipe();
  ahead_ = true;
  txn_ = Txn::kImplicit;
  alarm_changed_ = true;
  if (!was_open && begun_) begun_();
  if (kept_alarm) return set_alarm(kept_alarm);
  return {};
}

// ---- alarm

StorageResult<std::optional<int64_t>> Object::alarm() {
  if (nothing_stored() && !broken_) return std::nullopt;
  if (auto can = ready(); !can) return error_of(can);
  return checked(tables_->alarm_ms());
}

StorageResult<void> Object::set_alarm(std::optional<int64_t> at_ms) {
  if (!at_ms && nothing_stored() && !broken_) return {};
  if (auto can = ready(); !can) return can;
  if (!at_ms) {
    auto now = tables_->alarm_ms();
    if (!now) return std::unexpected(failed(std::move(now.error())));
    if (!*now) return {};
  }
  if (auto begun = begin_write(); !begun) return checked(std::move(begun));
  alarm_changed_ = true;
  return checked(tables_->set_alarm(at_ms));
}

// ---- point-in-time recovery

uint64_t Object::current_number() const {
  return state_.number + (txn_ != Txn::kNone ? 1 : 0);
}

StorageResult<std::string> Object::current_bookmark() {
  if (auto can = usable(); !can) return error_of(can);
  return bookmark_of(current_number(), state_.object.unique_key, state_.object.id);
}

StorageResult<std::string> Object::bookmark_for_time(int64_t at_ms, int64_t now_ms) {
  if (auto can = usable(); !can) return error_of(can);
  auto number = store_.number_at(state_, at_ms, now_ms);
  if (!number) return error_of(number);
  return bookmark_of(*number, state_.object.unique_key, state_.object.id);
}

StorageResult<std::string> Object::restore_at_next_open(std::string_view bookmark) {
  if (auto can = usable(); !can) return error_of(can);
  auto number = parse_bookmark(bookmark, state_.object.unique_key, state_.object.id);
  if (!number) return error_of(number);
  if (*number > current_number())
    return std::unexpected(StorageError{
        .text = "The bookmark \"" + std::string(bookmark) +
                "\" is of a later time than the object's last write; it cannot be restored."});
  if (*number < state_.history_from.number)
    return std::unexpected(StorageError{
        .text = "The bookmark \"" + std::string(bookmark) +
                "\" lies before the history that is kept, which begins with the bookmark \"" +
                bookmark_of(state_.history_from.number, state_.object.unique_key,
                            state_.object.id) +
                "\"."});
  state_.restore = ArmedRestore{*number, current_number()};
  return bookmark_of(current_number(), state_.object.unique_key, state_.object.id);
}

// ---- reports

StorageResult<uint64_t> Object::database_size_bytes() {
  if (nothing_stored() && !broken_) return 0;
  if (auto can = ready(); !can) return error_of(can);
  return checked(tables_->size_bytes());
}

size_t Object::memory_bytes() const {
  return sizeof *this + view_.pending_bytes() + (connection_ ? connection_->memory_bytes() : 0);
}

}  // namespace offing::durable
