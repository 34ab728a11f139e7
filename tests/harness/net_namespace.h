// A network namespace that lives as long as this object: it has no name, only a descriptor, so the
// kernel removes it and every device in it also when the test is killed.
// Thread-safety: const methods from any thread. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_NET_NAMESPACE_H_
#define VSWITCH_TESTS_HARNESS_NET_NAMESPACE_H_

#include <functional>
#include <set>
#include <string>

#include "switch/base/unique_fd.h"
#include "tests/harness/process.h"

namespace vswitch::testing {

class NetNamespace {
 public:
  // Loopback is up, IPv6 is off: no device says anything that the test did not ask for.
  NetNamespace();

  int fd() const { return fd_.get(); }
  // As `ip link set DEV netns PATH` takes it.
  std::string path() const;

  // Runs `body` in a thread that is inside the namespace; what it throws, this throws.
  void Run(const std::function<void()>& body) const;

  // Runs `ip ARGUMENTS` inside and returns its output; throws when it fails.
  std::string Ip(const std::string& arguments) const;

  // Adds a veth pair inside, both ends up.
  void AddVeth(const std::string& name, const std::string& peer) const;

  // The names of all network devices inside, "lo" excluded.
  std::set<std::string> Links() const;
  bool HasLink(const std::string& name) const;

  // Any command, inside, to its end.
  CommandResult Command(const std::string& line) const;

 private:
  UniqueFd fd_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_NET_NAMESPACE_H_
