#include "switch/port/redirect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "glog/logging.h"
#include "switch/port/bpf_error.h"
#include "switch/port/redirect.skel.h"

namespace vswitch {
namespace {

constexpr char kRedirect[] = "vsw_redirect";
constexpr char kGuard[] = "vsw_guard";
constexpr char kIdle[] = "vsw_idle";

struct ObjectDestroy {
  void operator()(redirect_bpf* object) const { redirect_bpf__destroy(object); }
};

// Loaded with one of its programs, which stays as long as it is in a place.
class Loaded {
 public:
  static absl::StatusOr<Loaded> Load(const char* program, const LinkInfo& to = {},
                                     const RedirectOptions& options = {}) {
    constexpr char kWhat[] = "cannot load a tc program into the kernel";
    ListenToLibbpf();
    Loaded loaded;
    loaded.object_.reset(redirect_bpf__open());
    if (loaded.object_ == nullptr) return BpfError(errno, kWhat);
    bpf_program* each = nullptr;
    bpf_object__for_each_program(each, loaded.object_->obj) {
      const bool wanted = strcmp(bpf_program__name(each), program) == 0;
      bpf_program__set_autoload(each, wanted);
      if (wanted) loaded.program_ = each;
    }
    loaded.object_->rodata->target_ifindex = static_cast<uint32_t>(to.ifindex);
    loaded.object_->rodata->hash_flow = options.hash_flow;
    loaded.object_->rodata->target_has_guard = options.target_has_guard;
    loaded.object_->rodata->has_peer = options.peer_address != 0;
    for (int i = 0; i < 6; ++i) {
      loaded.object_->rodata->peer_address[i] =
          static_cast<uint8_t>(options.peer_address >> (40 - 8 * i));
    }
    const int error = redirect_bpf__load(loaded.object_.get());
    if (error != 0) return BpfError(-error, kWhat);
    return loaded;
  }

  TcProgram program() const {
    return {.fd = bpf_program__fd(program_), .let_go_map = bpf_map__fd(object_->maps.bss)};
  }

 private:
  std::unique_ptr<redirect_bpf, ObjectDestroy> object_;
  bpf_program* program_ = nullptr;
};

}  // namespace

absl::StatusOr<TcHook> AttachRedirect(const LinkInfo& from, const LinkInfo& to,
                                      const RedirectOptions& options, TcHook::Place place) {
  const absl::StatusOr<Loaded> loaded = Loaded::Load(kRedirect, to, options);
  if (!loaded.ok()) return loaded.status();
  return TcHook::Attach(from, TcDirection::kIngress, loaded->program(), place);
}

absl::StatusOr<TcHook> AttachGuard(const LinkInfo& device, TcHook::Place place) {
  const absl::StatusOr<Loaded> loaded = Loaded::Load(kGuard);
  if (!loaded.ok()) return loaded.status();
  return TcHook::Attach(device, TcDirection::kEgress, loaded->program(), place);
}

void LeaveIdle(TcHook hook) {
  if (!hook.CanBeTakenOver()) return;
  const absl::StatusOr<Loaded> loaded = Loaded::Load(kIdle);
  absl::Status status = loaded.status();
  if (status.ok()) status = hook.Replace(loaded->program());
  if (status.ok()) {
    hook.Keep();
  } else if (!absl::IsNotFound(status)) {
    LOG(WARNING) << status.message();
  }
}

}  // namespace vswitch
