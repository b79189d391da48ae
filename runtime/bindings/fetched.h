// The answer of a fetch, from the network or from another guest, as the guest's promise gets it.
#ifndef OFFING_RUNTIME_BINDINGS_FETCHED_H_
#define OFFING_RUNTIME_BINDINGS_FETCHED_H_

#include "runtime/bindings/native_call.h"

namespace offing {

void resolve_fetched(Isolate::Parts& parts, Ticket ticket, Response response);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_FETCHED_H_
