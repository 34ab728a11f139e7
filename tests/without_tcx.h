// A kernel before Linux 6.6, as far as tc programs go.
#ifndef VSWITCH_TESTS_WITHOUT_TCX_H_
#define VSWITCH_TESTS_WITHOUT_TCX_H_

#include <functional>

namespace vswitch::testing {

// Runs `body` in a thread of its own, whose BPF_PROG_ATTACH fails with EINVAL.
void WithoutTcx(const std::function<void()>& body);

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_WITHOUT_TCX_H_
