#include "switch/link/namespace_paths.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace vswitch {

namespace fs = std::filesystem;

std::vector<NamespacePath> NamespacePaths() {
  std::vector<NamespacePath> paths;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/run/netns", ignored)) {
    paths.push_back({entry.path().string(),
                     absl::StrCat("network namespace ", entry.path().filename().string())});
  }
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string pid = entry.path().filename();
    if (!std::ranges::all_of(pid, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    paths.push_back({(entry.path() / "ns/net").string(),
                     absl::StrCat("the network namespace of process ", pid)});
  }
  return paths;
}

}  // namespace vswitch
