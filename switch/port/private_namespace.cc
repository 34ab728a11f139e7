#include "switch/port/private_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

// In every namespace, and nobody can change that.
constexpr unsigned kLoopbackIndex = 1;

absl::StatusOr<UniqueFd> OwnNamespace() {
  UniqueFd fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return KernelError(errno, "cannot open vswitchd's own network namespace");
  return fd;
}

// In another namespace than its own the daemon would go on with other devices than it thinks.
void GoBack(const UniqueFd& home) { PCHECK(setns(home.get(), CLONE_NEWNET) == 0); }

absl::Status MayNot(int error) {
  return absl::PermissionDeniedError(
      absl::ErrnoToStatus(error, "cannot have a private network namespace").message());
}

}  // namespace

absl::Status PrivateNamespace::Make() {
  const absl::StatusOr<UniqueFd> home = OwnNamespace();
  if (!home.ok()) return home.status();
  if (unshare(CLONE_NEWNET) != 0) return MayNot(errno);
  absl::StatusOr<UniqueFd> made = OwnNamespace();
  absl::StatusOr<Links> links = Links::Open();
  GoBack(*home);
  if (!made.ok()) return made.status();
  if (!links.ok()) return links.status();
  namespace_ = *std::move(made);
  links_ = *std::move(links);
  return absl::OkStatus();
}

absl::Status PrivateNamespace::Run(const std::function<void()>& body) {
  if (!namespace_) {
    if (const absl::Status status = Make(); !status.ok()) return status;
  }
  const absl::StatusOr<UniqueFd> home = OwnNamespace();
  if (!home.ok()) return home.status();
  if (setns(namespace_.get(), CLONE_NEWNET) != 0) return MayNot(errno);
  body();
  GoBack(*home);
  return absl::OkStatus();
}

absl::StatusOr<int> PrivateNamespace::TakenIndex() {
  // The one that was found last is as good: a list of all costs some microseconds for each.
  char name[IF_NAMESIZE];
  if (taken_index_ != 0 && if_indextoname(taken_index_, name) != nullptr) return taken_index_;
  taken_index_ = 0;
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> all(if_nameindex(),
                                                                              &if_freenameindex);
  if (all == nullptr) return KernelError(errno, "cannot list the network devices");
  for (const auto* link = all.get(); link->if_index != 0; ++link) {
    if (link->if_index != kLoopbackIndex) taken_index_ = static_cast<int>(link->if_index);
  }
  return taken_index_;
}

absl::Status PrivateNamespace::MoveOut(const std::string& name, const std::string& new_name) {
  const absl::StatusOr<UniqueFd> here = OwnNamespace();
  if (!here.ok()) return here.status();
  const absl::StatusOr<LinkInfo> link = links_->Find(name);
  if (!link.ok()) return link.status();
  return links_->Move(*link, here->get(), new_name);
}

}  // namespace vswitch
