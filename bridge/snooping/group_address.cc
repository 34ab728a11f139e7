#include "bridge/snooping/group_address.h"

#include <arpa/inet.h>

namespace vswitch {

std::string MappedAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (IsIpv4()) {
    const in_addr address{.s_addr = htonl(ipv4())};
    return inet_ntop(AF_INET, &address, text, sizeof text);
  }
  in6_addr address;
  for (int i = 0; i < 8; ++i) {
    address.s6_addr[i] = static_cast<uint8_t>(high >> (56 - 8 * i));
    address.s6_addr[8 + i] = static_cast<uint8_t>(low >> (56 - 8 * i));
  }
  return inet_ntop(AF_INET6, &address, text, sizeof text);
}

}  // namespace vswitch
