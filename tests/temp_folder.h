// A folder of a test's own, for sockets and files; removed with all that is in it.
//
// It lies directly under /tmp and every user may enter it: a Unix socket's path has at most 107
// characters, and Bazel's folders are longer and closed to other users. A test whose folder cannot
// be made has nothing to say and ends. Thread-safety: const methods from any thread.
#ifndef VSWITCH_TESTS_TEMP_FOLDER_H_
#define VSWITCH_TESTS_TEMP_FOLDER_H_

#include <stdlib.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

namespace vswitch {

class TempFolder {
 public:
  TempFolder() {
    if (mkdtemp(path_.data()) != nullptr && chmod(path_.c_str(), 0755) == 0) return;
    perror("no folder under /tmp");
    abort();
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/vswitch-test-XXXXXX";
};

}  // namespace vswitch

#endif  // VSWITCH_TESTS_TEMP_FOLDER_H_
