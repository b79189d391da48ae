#include "emulator/actors/calls.h"

#include <utility>

#include "emulator/services/delayed.h"

namespace offing {

static constexpr const char* kDisconnected = "Network connection lost.";

static constexpr const char* kOverloaded =
    "Durable Object is overloaded. Too many requests queued.";

static constexpr const char* kContextGone =
    "The execution context which hosts this callback is no longer running.";

static GuestError disconnected() {
  GuestError error = GuestError::of(kDisconnected);
  error.retryable = true;
  return error;
}

static std::string_view outcome_of(const GuestError* error) {
  return error == nullptr ? "ok" : error->object_reset ? "reset" : "exception";
}

static std::string_view name_of(SocketEvent::Kind kind) {
  switch (kind) {
    case SocketEvent::Kind::kMessage: return "message";
    case SocketEvent::Kind::kClose: return "close";
    case SocketEvent::Kind::kError: return "error";
  }
  return "";
}

Calls::Calls(World& world, Topology& topology, Objects& objects)
    : world_(world), topology_(topology), objects_(objects) {}

Object* Calls::object_for(const CallTarget& target, size_t from, std::string& error) {
  auto found = objects_.find(target, from);
  if (found) return *found;
  error = found.error();
  return nullptr;
}

std::expected<Isolate*, std::string> Calls::instance_for(Object& object, std::string_view why) {
  if (object.actor != 0 && world_.fault(FaultPoint::kDurableReset)) {
    objects_.reset(object, GuestError::reset(
        "Durable Object connection closed because the object was reset."));
  }
  return objects_.wake(object, why);
}

void Calls::called(const Object& object, RequestId caller, RequestId event, std::string_view kind,
                   std::string_view what) {
  world_.trace().emit(trace::ObjectCallEvent{event, topology_.locations()[object.home], caller,
                                             objects_.class_of(object), object.key.id, kind, what});
}

void Calls::answered(const Object& object, RequestId event, int64_t began_us,
                     std::string_view outcome, std::string_view error,
                     const Counts& used) {
  world_.trace().emit(trace::ObjectAnswerEvent{event, topology_.locations()[object.home],
                                               world_.now_us() - began_us, outcome, error,
                                               used});
}

// ---- Links

void Calls::send_far(size_t from, size_t to, Way way) {
  const int64_t us = objects_.links().link_us(from, to);
  switch (objects_.links().state(from, to)) {
    case LinkState::kOpen: return travel(from, to, us, std::move(way));
    case LinkState::kHeld: return held_[{from, to}].push_back({us, std::move(way)});
    case LinkState::kCut: return lose(from, to, us, std::move(way));
  }
}

void Calls::travel(size_t from, size_t to, int64_t us, Way way) {
  world_.schedule_after(us, [this, from, to, way = std::move(way)]() mutable {
    switch (objects_.links().state(from, to)) {
      case LinkState::kOpen: return way(true);
      case LinkState::kHeld: return held_[{from, to}].push_back({0, std::move(way)});
      case LinkState::kCut: return lose(from, to, 0, std::move(way));
    }
  });
}

void Calls::lose(size_t from, size_t to, int64_t us, Way way) {
  const Links& links = objects_.links();
  world_.trace().emit(trace::LinkEvent{"lost", links.name_of(from), links.name_of(to)});
  world_.schedule_after(us, [way = std::move(way)]() mutable { way(false); });
}

void Calls::link_changed(size_t from, size_t to) {
  const LinkState state = objects_.links().state(from, to);
  auto found = held_.find({from, to});
  if (found == held_.end() || state == LinkState::kHeld) return;
  std::vector<Waiting> waiting = std::move(found->second);
  held_.erase(found);
  for (Waiting& one : waiting) {
    if (state == LinkState::kCut) lose(from, to, one.us, std::move(one.way));
    else travel(from, to, one.us, std::move(one.way));
  }
}

const FaultEffect* Calls::fault(const Object& object, size_t from, std::string_view operation) {
  if (!world_.has_fault_rules()) return nullptr;
  const std::string prefix = objects_.class_of(object) + "/";
  const std::string keys[] = {prefix + object.key.id};
  const std::string name = object.name.empty() ? "" : prefix + object.name;
  return world_.fault_for({FaultService::kObject, operation, name.empty() ? keys[0] : name,
                           topology_.locations()[from], keys});
}

// spec/durable-objects.md 1.4: what marks an error has.
static GuestError error_of(const FaultEffect& effect) {
  if (effect.text.empty()) return disconnected();
  GuestError error = GuestError::of(effect.text == "overloaded" ? kOverloaded : effect.text);
  error.retryable = error.message == kDisconnected;
  error.overloaded = error.message.starts_with("Durable Object is overloaded.");
  return error;
}

// ---- fetch

void Calls::fetch(RequestId caller, size_t location, CallTarget target, Request inner,
                  Host::ActorFetchCallback done) {
  if (target.kind == CallTarget::Kind::kEntrypoint) {
    world_.post([this, location, target = std::move(target), inner = std::move(inner),
                 done = std::move(done)]() mutable {
      fetch_entrypoint(location, std::move(target), std::move(inner), std::move(done));
    });
    return;
  }
  std::string error = "This stub cannot be fetched from.";
  Object* object = target.kind == CallTarget::Kind::kActor ? object_for(target, location, error)
                                                           : nullptr;
  if (object == nullptr) {
    world_.post([error, done = std::move(done)]() mutable {
      done(std::unexpected(GuestError::of(error)));
    });
    return;
  }
  if (const FaultEffect* effect = fault(*object, location, "fetch")) {
    if (effect->kind == FaultEffect::Kind::kDrop) return;
    if (effect->kind != FaultEffect::Kind::kLatency) {
      world_.schedule_after(effect->us,
                            [why = error_of(*effect), done = std::move(done)]() mutable {
                              done(std::unexpected(std::move(why)));
                            });
      return;
    }
    done = delayed(world_, effect->us, std::move(done));
  }
  send(location, object->home,
       [this, caller, location, object, stub = target.stub, inner = std::move(inner),
        done = std::move(done)](bool arrived) mutable {
         if (!arrived) return done(std::unexpected(disconnected()));
         fetch_object(caller, location, *object, stub, std::move(inner), std::move(done));
       });
}

void Calls::fetch_object(RequestId caller, size_t from, Object& object, uint64_t stub,
                         Request inner, Host::ActorFetchCallback done) {
  auto isolate = instance_for(object, "fetch");
  if (const GuestError* broken = objects_.serve_stub(object, stub)) {
    send(object.home, from, [done = std::move(done), why = *broken](bool arrived) mutable {
      done(std::unexpected(arrived ? std::move(why) : disconnected()));
    });
    return;
  }
  const RequestId event = topology_.new_number();
  const int64_t began_us = world_.now_us();
  called(object, caller, event, "fetch", inner.url);
  auto used = std::make_shared<Counts>();
  auto back = [this, &object, event, began_us, from, actor = object.actor, used,
               done = std::move(done)](std::expected<Response, GuestError> answer) mutable {
    const GuestError* error = answer ? nullptr : &answer.error();
    answered(object, event, began_us, outcome_of(error), error == nullptr ? "" : error->message,
             *used);
    if (object.actor == actor) objects_.event_ended(object);
    send(object.home, from,
         [done = std::move(done), answer = std::move(answer)](bool arrived) mutable {
           if (!arrived) return done(std::unexpected(disconnected()));
           done(std::move(answer));
         });
  };
  if (!isolate) return back(std::unexpected(GuestError::of(isolate.error())));
  objects_.event_began(object);
  (*isolate)->actor_fetch(object.actor, event, std::move(inner), "{}",
                          [back = std::move(back)](FetchResult result) mutable {
                            if (result.outcome == Outcome::kOk) {
                              back(std::move(result.response));
                            } else {
                              back(std::unexpected(std::move(result.thrown)));
                            }
                          },
                          used);
}

void Calls::fetch_entrypoint(size_t location, CallTarget target, Request inner,
                             Host::ActorFetchCallback done) {
  auto resident = topology_.acquire(location);
  if (!resident) return done(std::unexpected(GuestError::of(resident.error())));
  const RequestId event = topology_.new_number();
  const uint32_t number = (*resident)->number;
  const int64_t began_us = world_.now_us();
  const std::string& code = topology_.locations()[location];
  world_.trace().emit(trace::RequestEvent{event, code, number, inner.method, inner.url});
  (*resident)->isolate->fetch(
      event, std::move(inner), topology_.cf_json(location), target.entrypoint,
      [this, event, location, number, began_us,
       done = std::move(done)](FetchResult result) mutable {
        const bool ok = result.outcome == Outcome::kOk;
        world_.trace().emit(trace::ResponseEvent{
            event, topology_.locations()[location], ok ? result.response.status : uint16_t{0},
            world_.now_us() - began_us, to_string(result.outcome), result.used});
        topology_.release(location, number);
        world_.post([ok, done = std::move(done), result = std::move(result)]() mutable {
          if (!ok) return done(std::unexpected(std::move(result.thrown)));
          done(std::move(result.response));
        });
      },
      std::move(target.props), std::move(target.tree));
}

// ---- RPC

void Calls::rpc(RequestId caller, size_t location, CallTarget target, RpcCall call, RpcDone done) {
  // Calls on its result go to where it goes.
  routes_.emplace(call.number, Route{.location = location, .error = {}});
  switch (target.kind) {
    case CallTarget::Kind::kEntrypoint:
      call.props = std::move(target.props);
      world_.post([this, location, entrypoint = std::move(target.entrypoint),
                   call = std::move(call), done = std::move(done)]() mutable {
        rpc_entrypoint(location, entrypoint, std::move(call), std::move(done));
      });
      return;
    case CallTarget::Kind::kActor: {
      std::string error;
      Object* object = object_for(target, location, error);
      const uint64_t number = call.number;
      if (object == nullptr) {
        routes_[number].error = GuestError::of(error);
        world_.post([error,
                     done = returning(number, location, location, std::move(done))]() mutable {
          done(std::unexpected(GuestError::of(error)));
        });
        return;
      }
      if (const FaultEffect* effect = fault(*object, location, "rpc")) {
        if (effect->kind == FaultEffect::Kind::kLatency) {
          done = delayed(world_, effect->us, std::move(done));
        } else {
          return rpc_struck(*effect, number, location, std::move(done));
        }
      }
      routes_[number].location = object->home;
      send(location, object->home,
           [this, caller, location, object, stub = target.stub, call = std::move(call),
            done = std::move(done)](bool arrived) mutable {
             if (!arrived) return rpc_lost(call.number, location, std::move(done));
             rpc_object(caller, location, *object, stub, std::move(call), std::move(done));
           });
      return;
    }
    case CallTarget::Kind::kExport: {
      const size_t at = target.exported ? target.exported->location : location;
      routes_[call.number].location = at;
      send(location, at,
           [this, caller, location, target = std::move(target), call = std::move(call),
            done = std::move(done)](bool arrived) mutable {
             if (!arrived) return rpc_lost(call.number, location, std::move(done));
             rpc_export(caller, location, std::move(target), std::move(call), std::move(done));
           });
      return;
    }
    case CallTarget::Kind::kResult: {
      // Behind the call it depends on: that one's place is known when this arrives.
      auto base = routes_.find(target.result_of);
      const size_t at = base == routes_.end() ? location : base->second.location;
      routes_[call.number].location = at;
      send(location, at,
           [this, caller, location, result_of = target.result_of, call = std::move(call),
            done = std::move(done)](bool arrived) mutable {
             if (!arrived) return rpc_lost(call.number, location, std::move(done));
             rpc_result(caller, location, result_of, std::move(call), std::move(done));
           });
      return;
    }
  }
}

// It never got to where it is served: nor does what is pipelined on it.
void Calls::rpc_lost(uint64_t number, size_t from, RpcDone done) {
  routes_[number].error = disconnected();
  returning(number, from, from, std::move(done))(std::unexpected(disconnected()));
}

void Calls::rpc_struck(const FaultEffect& effect, uint64_t number, size_t from, RpcDone done) {
  Route& route = routes_[number];
  if (effect.kind == FaultEffect::Kind::kDrop) {
    route.dropped = true;
    return;
  }
  route.error = error_of(effect);
  world_.schedule_after(effect.us, [why = route.error, done = returning(number, from, from,
                                                                        std::move(done))]() mutable {
    done(std::unexpected(std::move(why)));
  });
}

RpcDone Calls::returning(uint64_t number, size_t at, size_t from, RpcDone done) {
  return [this, number, at, from, done = std::move(done)](RpcResult result) mutable {
    // What is pipelined on a call that fails, fails with the same error.
    auto route = routes_.find(number);
    if (!result && route != routes_.end()) {
      route->second.failed = true;
      route->second.error = result.error();
    }
    send(at, from, [this, number, at, from, done = std::move(done),
                    result = std::move(result)](bool arrived) mutable {
      if (!arrived) result = std::unexpected(disconnected());
      done(std::move(result));
      // What the caller sent before it had the result is still under way for as long.
      world_.schedule_after(objects_.links().link_us(from, at), [this, number] {
        auto it = routes_.find(number);
        if (it == routes_.end()) return;
        const Route route = std::move(it->second);
        routes_.erase(it);
        if (route.context == 0) return;
        auto* resident = topology_.find(route.location, route.isolate);
        if (resident != nullptr) resident->isolate->rpc_forget(route.context, number);
      });
    });
  };
}

void Calls::rpc_object(RequestId caller, size_t from, Object& object, uint64_t stub, RpcCall call,
                       RpcDone done) {
  auto isolate = instance_for(object, "rpc");
  if (const GuestError* broken = objects_.serve_stub(object, stub)) {
    routes_[call.number].error = *broken;
    return returning(call.number, object.home, from, std::move(done))(std::unexpected(*broken));
  }
  const RequestId event = topology_.new_number();
  const int64_t began_us = world_.now_us();
  called(object, caller, event, "rpc", call.path.empty() ? "" : call.path.back());
  Route& route = routes_[call.number];
  route.location = object.home;
  auto used = std::make_shared<Counts>();
  call.used = used;
  RpcDone back = [this, &object, event, began_us, actor = object.actor, used = std::move(used),
                  done = returning(call.number, object.home, from, std::move(done))](
                     RpcResult result) mutable {
    const GuestError* error = result ? nullptr : &result.error();
    answered(object, event, began_us, outcome_of(error), error == nullptr ? "" : error->message,
             *used);
    if (object.actor == actor) objects_.event_ended(object);
    done(std::move(result));
  };
  if (!isolate) {
    route.error = GuestError::of(isolate.error());
    return back(std::unexpected(route.error));
  }
  route.isolate = object.isolate;
  route.context = object.actor;
  objects_.event_began(object);
  (*isolate)->actor_rpc(object.actor, event, std::move(call), std::move(back));
}

void Calls::rpc_entrypoint(size_t location, const std::string& entrypoint, RpcCall call,
                           RpcDone done) {
  auto resident = topology_.acquire(location);
  Route& route = routes_[call.number];
  route.location = location;
  const uint64_t number = call.number;
  if (!resident) {
    route.error = GuestError::of(resident.error());
    return returning(number, location, location, std::move(done))(std::unexpected(route.error));
  }
  const RequestId event = topology_.new_number();
  route.isolate = (*resident)->number;
  route.context = event;
  const int64_t began_us = world_.now_us();
  const std::string& code = topology_.locations()[location];
  world_.trace().emit(trace::RequestEvent{event, code, route.isolate, "RPC",
                                          call.path.empty() ? "" : call.path.back()});
  auto used = std::make_shared<Counts>();
  call.used = used;
  (*resident)->isolate->rpc(
      event, entrypoint, std::move(call),
      [this, event, location, isolate = route.isolate, began_us, used = std::move(used),
       done = returning(number, location, location, std::move(done))](RpcResult result) mutable {
        world_.trace().emit(trace::ResponseEvent{
            event, topology_.locations()[location], 0, world_.now_us() - began_us,
            to_string(result ? Outcome::kOk : Outcome::kException), *used});
        topology_.release(location, isolate);
        done(std::move(result));
      });
}

void Calls::rpc_export(RequestId, size_t from, CallTarget target, RpcCall call, RpcDone done) {
  const RpcExport& exported = *target.exported;
  Route& route = routes_[call.number];
  route.location = exported.location;
  route.context = exported.context;
  if (auto isolate = topology_.number_of(exported.location, exported.isolate)) {
    route.isolate = *isolate;
  }
  RpcDone back = returning(call.number, exported.location, from, std::move(done));
  if (!Isolate::rpc_export(exported, topology_.new_number(), call, back)) {
    route.context = 0;
    back(std::unexpected(GuestError::of(kContextGone)));
  }
}

void Calls::rpc_result(RequestId, size_t from, uint64_t result_of, RpcCall call, RpcDone done) {
  auto base = routes_.find(result_of);
  Route known;
  known.error = disconnected();
  if (base != routes_.end()) known = base->second;
  Route& route = routes_[call.number];
  route = known;
  if (known.dropped) return;
  RpcDone back = returning(call.number, known.location, from, std::move(done));
  if (known.failed) {
    route.context = 0;
    return back(std::unexpected(known.error));
  }
  auto* resident = known.context == 0 ? nullptr : topology_.find(known.location, known.isolate);
  if (resident == nullptr) {
    route.context = 0;
    if (route.error.message.empty()) route.error = disconnected();
    return back(std::unexpected(route.error));
  }
  if (!resident->isolate->rpc_result(known.context, result_of, topology_.new_number(), call,
                                     back)) {
    route.context = 0;
    route.error = disconnected();
    back(std::unexpected(disconnected()));
  }
}

// ---- events that no guest called for

void Calls::socket_event(Object& object, SocketEvent socket_event) {
  world_.post([this, &object, socket_event = std::move(socket_event)]() mutable {
    if (!object.sockets) return;  // reset meanwhile: its sockets are gone
    auto isolate = objects_.wake(object, "websocket");
    if (!isolate) return;
    const RequestId event = topology_.new_number();
    const int64_t began_us = world_.now_us();
    called(object, 0, event, "websocket", name_of(socket_event.kind));
    objects_.event_began(object);
    auto used = std::make_shared<Counts>();
    (*isolate)->actor_socket_event(
        object.actor, event, std::move(socket_event),
        [this, &object, event, began_us, actor = object.actor, used](bool ok) {
          answered(object, event, began_us, ok ? "ok" : "exception", "", *used);
          if (object.actor == actor) objects_.event_ended(object);
        },
        used);
  });
}

void Calls::alarm(Object& object, int64_t scheduled_ms, uint32_t retry_count, bool is_retry,
                  Isolate::AlarmDone done) {
  auto isolate = objects_.wake(object, "alarm");
  if (!isolate) {
    return done({.ok = false, .counted = false, .error = GuestError::of(isolate.error())});
  }
  const RequestId event = topology_.new_number();
  const int64_t began_us = world_.now_us();
  called(object, 0, event, "alarm", "");
  objects_.event_began(object);
  auto used = std::make_shared<Counts>();
  (*isolate)->actor_alarm(object.actor, event, scheduled_ms, retry_count, is_retry,
                          [this, &object, event, began_us, actor = object.actor, used,
                           done = std::move(done)](AlarmResult result) mutable {
                            answered(object, event, began_us,
                                     outcome_of(result.ok ? nullptr : &result.error),
                                     result.ok ? "" : result.error.message, *used);
                            if (object.actor == actor) objects_.event_ended(object);
                            done(std::move(result));
                          },
                          used);
}

}  // namespace offing
