// type=tap: a persistent TAP for a guest, made or adopted, and its twin.
#ifndef VSWITCH_SWITCH_PORT_TAP_PORT_H_
#define VSWITCH_SWITCH_PORT_TAP_PORT_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "switch/link/link.h"
#include "switch/port/device_checks.h"
#include "switch/port/twinned_port.h"

namespace vswitch {

class TapPort : public TwinnedPort {
 public:
  explicit TapPort(const Options& options) : TwinnedPort(options) {}
  ~TapPort() override;

  absl::Status Attach();
  absl::Status Forget() override;
  bool created_guest_tap() const override { return created_; }
  std::optional<uid_t> owner() const override {
    return link().tun ? link().tun->owner : std::nullopt;
  }
  std::string down_detail() const override { return WhyDown(link(), "no guest has the TAP open"); }

 private:
  absl::Status SetOwner(uid_t owner) override;
  absl::Status Make();
  absl::Status TakeOwnership();
  absl::Status Configure(Links& links);

  bool created_ = false;
  bool attached_ = false;   // Attach has succeeded.
  bool forgotten_ = false;  // Nothing of the port is to stay on a TAP of others.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TAP_PORT_H_
