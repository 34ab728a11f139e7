#include "tests/harness/net_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <thread>

namespace vswitch::testing {
namespace {

// Whatever a thread does to its own namespaces ends with it.
void RunInThread(const std::function<void()>& body) {
  std::exception_ptr thrown;
  std::thread thread([&] {
    try {
      body();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

NetNamespace::NetNamespace() {
  RunInThread([this] {
    if (unshare(CLONE_NEWNET) != 0) {
      throw Error(std::string("no new network namespace (root?): ") + strerror(errno));
    }
    fd_ = UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    for (const char* scope : {"all", "default"}) {
      std::ofstream(std::string("/proc/sys/net/ipv6/conf/") + scope + "/disable_ipv6") << "1";
    }
  });
  Ip("link set lo up");
}

std::string NetNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd());
}

void NetNamespace::Run(const std::function<void()>& body) const {
  RunInThread([&] {
    if (setns(fd(), CLONE_NEWNET) != 0) throw Error("setns");
    body();
  });
}

CommandResult NetNamespace::Command(const std::string& line) const {
  return RunCommand({.argv = Words(line), .netns = fd()});
}

std::string NetNamespace::Ip(const std::string& arguments) const {
  const CommandResult result = Command("ip " + arguments);
  if (result.status != 0) throw Error("ip " + arguments + ": " + result.errors);
  return result.output;
}

void NetNamespace::AddVeth(const std::string& name, const std::string& peer) const {
  Ip("link add " + name + " type veth peer name " + peer);
  for (const std::string& end : {name, peer}) Ip("link set " + end + " up");
}

std::set<std::string> NetNamespace::Links() const {
  std::set<std::string> names;
  Run([&] {
    struct if_nameindex* list = if_nameindex();
    for (auto* link = list; link && link->if_index != 0; ++link) names.insert(link->if_name);
    if_freenameindex(list);
  });
  names.erase("lo");
  return names;
}

bool NetNamespace::HasLink(const std::string& name) const { return Links().contains(name); }

}  // namespace vswitch::testing
