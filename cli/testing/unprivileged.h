// For tests: this thread without the rights that root has beyond those of its files' owner.
#ifndef VSWITCH_CLI_TESTING_UNPRIVILEGED_H_
#define VSWITCH_CLI_TESTING_UNPRIVILEGED_H_

#include <linux/capability.h>

namespace vswitch {

// While it lives, file modes bind root too. Unlike seteuid() this works in Bazel's sandbox, whose
// user namespace knows one user. For other users than root it changes nothing.
class Unprivileged {
 public:
  Unprivileged();
  ~Unprivileged();
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  __user_cap_data_struct before_[_LINUX_CAPABILITY_U32S_3] = {};
};

}  // namespace vswitch

#endif  // VSWITCH_CLI_TESTING_UNPRIVILEGED_H_
