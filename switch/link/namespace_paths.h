// The network namespaces of this machine that can be opened: those that a process is in, and those
// with a name in /run/netns. Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_LINK_NAMESPACE_PATHS_H_
#define VSWITCH_SWITCH_LINK_NAMESPACE_PATHS_H_

#include <string>
#include <vector>

namespace vswitch {

struct NamespacePath {
  std::string path;   // What opens it.
  std::string where;  // In words: "network namespace blue".
};

// Named ones first. One namespace may be there many times: its inode tells.
std::vector<NamespacePath> NamespacePaths();

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_NAMESPACE_PATHS_H_
