// A second network namespace, and what programs send out of netdevs there and here.
#ifndef VSWITCH_SWITCH_PORT_TESTING_OTHER_NAMESPACE_H_
#define VSWITCH_SWITCH_PORT_TESTING_OTHER_NAMESPACE_H_

#include <string>

#include "switch/base/unique_fd.h"
#include "switch/port/testing/child.h"

namespace vswitch::testing {

// A process that keeps a network namespace of its own alive, and, if wanted, a TAP open there.
class OtherNamespace {
 public:
  explicit OtherNamespace(const std::string& tap = "");

  std::string pid() const { return child_.pid(); }
  void Shell(const std::string& command) const;
  // Sends frames out of a netdev there, as a program on a packet socket.
  void Send(const std::string& netdev, int frames) const;
  // A packet socket on a netdev there.
  UniqueFd Listen(const std::string& netdev) const;

 private:
  HoldingChild child_;
};

// A packet socket on a netdev of the current namespace.
UniqueFd Listen(const std::string& netdev);

// What the kernel takes a frame for that arrives at such a socket: PACKET_HOST, PACKET_OTHERHOST...
// What the host itself sends is skipped. -1: none arrives.
int ReadPacketType(const UniqueFd& socket);

// Sends frames out of a netdev of the current namespace; 0, or 1 when it cannot.
int SendFromHost(const std::string& netdev, int frames);

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_OTHER_NAMESPACE_H_
