// Keeps work that guests can cause to a share of a thread's time: each piece makes kFactor times as
// much rest as it took. That is taken when there is more of it than kGraceUs: who causes some work
// now and then, as links that fail do, never waits, and who does so without end waits in between.
//
// Pure: time is given, of any monotonic clock. Thread-safety: none.
#ifndef VSWITCH_SWITCH_CORE_REST_H_
#define VSWITCH_SWITCH_CORE_REST_H_

#include <algorithm>
#include <cstdint>

namespace vswitch {

class Rest {
 public:
  static constexpr uint64_t kFactor = 10;
  static constexpr uint64_t kGraceUs = 1'000'000;

  // How long it lasts yet; 0: work may begin. What cannot wait may do so in any case.
  uint64_t Left(uint64_t now_us) const {
    return now_us + kGraceUs < until_us_ ? until_us_ - kGraceUs - now_us : 0;
  }
  // Work of this length is done, now.
  void Worked(uint64_t now_us, uint64_t us) {
    until_us_ = std::max(until_us_, now_us) + us * kFactor;
  }

 private:
  // When there will have been all of it.
  uint64_t until_us_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_REST_H_
