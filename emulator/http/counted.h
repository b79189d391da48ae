// A counted pointer to an object that has a uv handle: the open handle holds one count, whoever may
// still call the object another. Not atomic: the loop thread only. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_COUNTED_H_
#define OFFING_EMULATOR_HTTP_COUNTED_H_

#include <cassert>
#include <cstdint>
#include <utility>

namespace offing::http {

template <class T>
class Counted {
 public:
  class Ref {
   public:
    Ref() = default;
    explicit Ref(T* object) : object_(object) { if (object_) object_->ref(); }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref&& other) noexcept { std::swap(object_, other.object_); return *this; }
    ~Ref() { if (object_) object_->unref(); }
    T* operator->() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }

   private:
    T* object_ = nullptr;
  };

  void ref() { ++refs_; }
  void unref() {
    assert(refs_ > 0);
    if (--refs_ == 0) delete static_cast<T*>(this);
  }

 protected:
  ~Counted() = default;

 private:
  uint32_t refs_ = 1;  // the handle's
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_COUNTED_H_
