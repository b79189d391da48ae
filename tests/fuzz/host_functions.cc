// What libuv gives in the host process, for targets that are built without it.
#include <arpa/inet.h>
#include <uv.h>

#include <string>

extern "C" int uv_inet_pton(int family, const char* text, void* bytes) {
  std::string address = text;
  if (family == AF_INET6) address = address.substr(0, address.find('%'));  // the zone is no address
  return inet_pton(family, address.c_str(), bytes) == 1 ? 0 : UV_EINVAL;
}
