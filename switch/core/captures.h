// The captures that run, by numbers of their own. Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_CORE_CAPTURES_H_
#define VSWITCH_SWITCH_CORE_CAPTURES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "mac_table/fdb_key.h"
#include "switch/capture/capture.h"

namespace vswitch {

class Captures {
 public:
  // Of CaptureSet::kMaxCaptures: nobody keeps root out.
  static constexpr size_t kPlacesForRoot = 2;

  size_t size() const { return running_.size(); }
  uint64_t Add(Capture capture);
  // REQUIRES: it runs.
  Capture Remove(uint64_t number) { return std::move(running_.extract(number).mapped()); }
  // A port that is deleted: captures go on without it, and one that has no other has ended. Whether
  // any had it.
  bool Forget(PortId port);

  bool Has(PortId port) const { return AnyOf(port, /*with_drops=*/false); }
  bool HasDropsOf(PortId port) const { return AnyOf(port, /*with_drops=*/true); }
  // For the workers; null when none runs.
  std::shared_ptr<const CaptureSet> Set() const;

 private:
  bool AnyOf(PortId port, bool with_drops) const;

  std::map<uint64_t, Capture> running_;
  uint64_t next_ = 1;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_CAPTURES_H_
