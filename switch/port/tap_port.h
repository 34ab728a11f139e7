// type=tap: a persistent TAP for a guest, made or adopted, and its twin.
#ifndef VSWITCH_SWITCH_PORT_TAP_PORT_H_
#define VSWITCH_SWITCH_PORT_TAP_PORT_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/port/device_checks.h"
#include "switch/port/twinned_port.h"

namespace vswitch {

class TapPort : public TwinnedPort {
 public:
  explicit TapPort(const Options& options) : TwinnedPort(options) {}
  ~TapPort() override;

  absl::Status Attach();
  absl::StatusOr<bool> Forget(bool force) override;
  bool owns_guest_tap() const override { return ours_; }
  std::optional<uid_t> owner() const override {
    return link().tun ? link().tun->owner : std::nullopt;
  }
  bool has_guard() const override { return true; }
  bool link_up() const override { return TwinnedPort::link_up() && enabled_queues_ > 0; }
  std::string down_detail() const override;
  void Refresh() override;
  bool left() const override;
  void CleanUp() override;
  void OnQdiscGone(const QdiscInfo& gone) override;
  bool is_settled() const override { return TwinnedPort::is_settled() && noqueue_in_ == 0; }
  void Settle() override;

 private:
  absl::Status CheckUsable(Links& links, const LinkInfo& now) const override;
  void Keep(Links& links, LinkInfo* now) override;
  absl::Status SetOwner(uid_t owner) override;
  absl::Status Make(Links& links);
  absl::Status GiveMadeName(Links& links, const LinkInfo& tap);
  absl::Status TakeOwnership();
  absl::Status Configure(Links& links);

  // Whether a process has it open.
  bool held() const { return enabled_queues_ > 0 || link().tun->open_queues > 0; }

  bool created_ = false;    // By this Attach.
  bool ours_ = false;       // By this one, or by an earlier one of this switch.
  bool attached_ = false;   // Attach has succeeded.
  bool forgotten_ = false;  // Nothing of the port is to stay on the TAP.
  uint32_t enabled_queues_ = 0;
  // Since the TAP was as new: whether anybody has opened it, told by the carrier's comings too, as
  // he may be gone again when we look.
  bool used_ = false;
  uint32_t carrier_ups_ = 0;
  TunInfo settled_;  // Who may open it.
  // In how many calls of Settle() it is looked at whether somebody has chosen a root qdisc in the
  // place of the one that has gone; 0: none has.
  int noqueue_in_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TAP_PORT_H_
