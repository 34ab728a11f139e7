#include "switch/port/tc_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "switch/base/tcx.h"
#include "switch/link/kernel_error.h"
#include "switch/link/qdisc.h"
#include "switch/port/bpf_error.h"

namespace vswitch {
namespace {

constexpr TcDirection kDirections[] = {TcDirection::kIngress, TcDirection::kEgress};

// ---- tcx ----

// 0: there is none.
uint32_t FirstInTcx(const LinkInfo& device, TcDirection direction) {
  const std::vector<uint32_t> ids = tcx::List(device.ifindex, direction);
  return ids.empty() ? 0 : ids.front();
}

bool MayLookAt(uint32_t program) {
  return static_cast<bool>(UniqueFd(bpf_prog_get_fd_by_id(program))) || errno != EPERM;
}

struct FoundProgram {
  uint32_t id = 0;
  UniqueFd fd;
};

// Those of this switch, as far as they can be told.
std::vector<FoundProgram> OursInTcx(const LinkInfo& device, TcDirection direction) {
  std::vector<FoundProgram> ours;
  for (const uint32_t id : tcx::List(device.ifindex, direction)) {
    UniqueFd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &length) == 0 &&
        absl::StartsWith(info.name, TcHook::kNamePrefix)) {
      ours.push_back({.id = id, .fd = std::move(fd)});
    }
  }
  return ours;
}

// ---- clsact ----

// The first: a frame that is ours to switch is nobody else's to see.
constexpr uint32_t kPriority = 1;

bpf_tc_hook ClsactOf(const LinkInfo& device, TcDirection direction) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = device.ifindex;
  hook.attach_point = direction == TcDirection::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
  return hook;
}

bpf_tc_opts OurFilter() {
  bpf_tc_opts filter{};
  filter.sz = sizeof(filter);
  filter.handle = TcHook::kFilterHandle;
  filter.priority = kPriority;
  return filter;
}

// The id of the program of our filter; 0: there is none.
uint32_t FilterOn(const LinkInfo& device, TcDirection direction) {
  const bpf_tc_hook hook = ClsactOf(device, direction);
  bpf_tc_opts filter = OurFilter();
  return bpf_tc_query(&hook, &filter) == 0 ? filter.prog_id : 0;
}

absl::Status RemoveFilter(const LinkInfo& device, TcDirection direction) {
  if (FilterOn(device, direction) == 0) return absl::OkStatus();
  const bpf_tc_hook hook = ClsactOf(device, direction);
  const bpf_tc_opts filter = OurFilter();
  const int error = bpf_tc_detach(&hook, &filter);
  if (error == 0 || error == -ENODEV) return absl::OkStatus();
  return BpfError(-error, absl::StrCat("cannot take the redirection off ", device.name));
}

// With all that is on it, unless that is not only ours.
void RemoveClsactIfUnused(const LinkInfo& device, uint32_t our_handle) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return;
  const absl::StatusOr<bool> used = links->HasOtherFilters(device, our_handle);
  if (!used.ok() || *used) return;
  bpf_tc_hook hook = ClsactOf(device, TcDirection::kIngress);
  // Both directions at once are what libbpf takes for "the qdisc itself".
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

absl::Status RemoveFilters(const LinkInfo& device) {
  bool found = false;
  for (const TcDirection direction : kDirections) found |= FilterOn(device, direction) != 0;
  if (!found) return absl::OkStatus();
  // The qdisc goes with them as a rule, in one step.
  RemoveClsactIfUnused(device, TcHook::kFilterHandle);
  absl::Status status;
  for (const TcDirection direction : kDirections) status.Update(RemoveFilter(device, direction));
  return status;
}

// In the place of a clsact of ours.
bool HasQdiscOfOthers(const LinkInfo& device) {
  const absl::StatusOr<std::optional<QdiscInfo>> qdisc = FindIngressQdisc(device);
  return qdisc.ok() && qdisc->has_value() && FilterOn(device, TcDirection::kIngress) == 0 &&
         FilterOn(device, TcDirection::kEgress) == 0;
}

UniqueFd Duplicate(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

}  // namespace

absl::Status TcHook::SetProgram(const TcProgram& program) {
  const std::string what = absl::StrCat("cannot attach a program to ", device_.name);
  bpf_prog_info info{};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(program.fd, &info, &length) != 0) return KernelError(errno, what);
  UniqueFd fd = Duplicate(program.fd);
  UniqueFd let_go_map(program.let_go_map >= 0 ? Duplicate(program.let_go_map).Release() : -1);
  if (!fd || (program.let_go_map >= 0 && !let_go_map)) return KernelError(errno, what);
  program_id_ = info.id;
  program_ = std::move(fd);
  let_go_map_ = std::move(let_go_map);
  return absl::OkStatus();
}

absl::StatusOr<TcHook> TcHook::Attach(const LinkInfo& device, TcDirection direction,
                                      const TcProgram& program, Place place) {
  ListenToLibbpf();
  TcHook hook;
  hook.device_ = device;
  hook.direction_ = direction;
  absl::Status status = hook.SetProgram(program);
  if (status.ok() && place == Place::kWithoutWaiting) {
    // Not behind what may be an earlier daemon's, seen or not.
    const bool in_tcx = FirstInTcx(device, direction) != 0 || HasQdiscOfOthers(device);
    status = hook.AttachAt(in_tcx ? Place::kTcx : Place::kClsact);
  } else if (status.ok()) {
    status = hook.AttachAt(place);
  }
  if (status.ok()) return hook;
  hook.Keep();
  return status;
}

absl::Status TcHook::AttachAt(Place place) {
  place_ = place;
  if (place == Place::kTcx) {
    const absl::StatusOr<bool> in_tcx = AttachTcx();
    if (!in_tcx.ok() || *in_tcx) return in_tcx.status();
    place_ = Place::kClsact;
  }
  return AttachFilter();
}

// False: the kernel has no tcx.
absl::StatusOr<bool> TcHook::AttachTcx() {
  std::vector<FoundProgram> left = OursInTcx(device_, direction_);
  const auto same = std::ranges::find(left, program_id_, &FoundProgram::id);
  const bool is_there = same != left.end();
  if (is_there) {
    left.erase(same);
  } else {
    const int replaced = left.empty() ? -1 : left.front().fd.get();
    const int error = tcx::Attach(device_.ifindex, direction_, program_.get(), replaced);
    if (error == EINVAL) return false;
    if (error != 0) {
      return BpfError(error, absl::StrCat("cannot attach a program to ", device_.name));
    }
    if (!left.empty()) left.erase(left.begin());
  }
  for (const FoundProgram& other : left) tcx::Detach(device_.ifindex, direction_, other.fd.get());
  // Until now it was there, or that of a release that had it there.
  if (FilterOn(device_, direction_) != 0) {
    const absl::Status status = RemoveFilter(device_, direction_);
    LOG_IF(WARNING, !status.ok()) << status.message();
    RemoveClsactIfUnused(device_, /*our_handle=*/0);
  }
  return true;
}

absl::Status TcHook::AttachFilter() {
  bpf_tc_hook hook = ClsactOf(device_, direction_);
  const std::string what = absl::StrCat("cannot attach a program to ", device_.name);
  const int made = bpf_tc_hook_create(&hook);
  if (made != 0 && made != -EEXIST) return BpfError(-made, what);
  if (made == -EEXIST && direction_ == TcDirection::kEgress) {
    // It has one chain only, and what is added for the egress would see the ingress.
    const absl::StatusOr<std::optional<QdiscInfo>> qdisc = FindIngressQdisc(device_);
    if (!qdisc.ok()) return qdisc.status();
    if (*qdisc && (*qdisc)->kind == "ingress") {
      return absl::FailedPreconditionError(
          absl::StrCat(what, ": its qdisc 'ingress' has no egress hook; use 'clsact' in its place ",
                       "('tc qdisc del dev ", device_.name, " ingress')"));
    }
  }

  bpf_tc_opts filter = OurFilter();
  filter.prog_fd = program_.get();
  filter.flags = BPF_TC_F_REPLACE;
  const int error = bpf_tc_attach(&hook, &filter);
  if (error == 0) return absl::OkStatus();
  const absl::Status status = BpfError(-error, what);
  if (made == 0) RemoveClsactIfUnused(device_, kFilterHandle);
  if (error != -EINVAL && error != -EEXIST) return status;
  return absl::AlreadyExistsError(absl::StrCat(
      status.message(), ": another program's tc filter is in the way; see: tc filter show dev ",
      device_.name, direction_ == TcDirection::kIngress ? " ingress" : " egress"));
}

uint32_t TcHook::ProgramOn(const LinkInfo& device, TcDirection direction) {
  ListenToLibbpf();
  const std::vector<FoundProgram> ours = OursInTcx(device, direction);
  if (!ours.empty()) return ours.front().id;
  const uint32_t first = FirstInTcx(device, direction);
  return first != 0 && !MayLookAt(first) ? first : FilterOn(device, direction);
}

absl::Status TcHook::RemoveLeftOver(const LinkInfo& device) {
  ListenToLibbpf();
  for (const TcDirection direction : kDirections) {
    for (const FoundProgram& left : OursInTcx(device, direction)) {
      const int error = tcx::Detach(device.ifindex, direction, left.fd.get());
      if (error != 0 && error != ENODEV && error != ENOENT) {
        return BpfError(error, absl::StrCat("cannot take the redirection off ", device.name));
      }
    }
  }
  return RemoveFilters(device);
}

bool TcHook::InPlace() const {
  if (program_id_ == 0) return false;
  if (place_ == Place::kClsact) {
    ListenToLibbpf();
    return FilterOn(device_, direction_) == program_id_;
  }
  const std::vector<uint32_t> ids = tcx::List(device_.ifindex, direction_);
  return std::ranges::find(ids, program_id_) != ids.end();
}

bool TcHook::CanBeTakenOver() const {
  return program_id_ != 0 && place_ == Place::kTcx &&
         static_cast<bool>(UniqueFd(bpf_prog_get_fd_by_id(program_id_)));
}

absl::Status TcHook::Replace(const TcProgram& program) {
  ListenToLibbpf();
  TcHook next;
  next.device_ = device_;
  next.direction_ = direction_;
  next.place_ = place_;
  absl::Status status = next.SetProgram(program);
  if (status.ok() && place_ == Place::kClsact) {
    status = next.AttachFilter();
  } else if (status.ok()) {
    const int error =
        tcx::Attach(device_.ifindex, direction_, program.fd, /*replaced=*/program_.get());
    if (error != 0) {
      status = KernelError(error, absl::StrCat("cannot replace a program on ", device_.name));
    }
  }
  if (status.ok()) {
    // Nothing of the old one is there to be taken away.
    Keep();
    *this = std::move(next);
  } else {
    next.Keep();
  }
  return status;
}

void TcHook::LetGo() const {
  if (!let_go_map_) return;
  const uint32_t word = 0;
  const uint32_t let_go = 1;
  bpf_map_update_elem(let_go_map_.get(), &word, &let_go, BPF_ANY);
}

TcHook& TcHook::operator=(TcHook&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(direction_, other.direction_);
  std::swap(place_, other.place_);
  std::swap(program_id_, other.program_id_);
  std::swap(keep_, other.keep_);
  std::swap(program_, other.program_);
  std::swap(let_go_map_, other.let_go_map_);
  return *this;
}

TcHook::~TcHook() {
  if (program_id_ == 0 || keep_) return;
  if (place_ == Place::kTcx) {
    if (tcx::Detach(device_.ifindex, direction_, program_.get()) != 0) LetGo();
    return;
  }
  ListenToLibbpf();
  // The device may be gone, or another daemon may have put its own program there: then nothing is
  // ours.
  if (FilterOn(device_, direction_) != program_id_) return;
  const absl::Status status = RemoveFilter(device_, direction_);
  if (!status.ok()) {
    LOG(WARNING) << status.message();
    return;
  }
  // Not under the other direction's program.
  RemoveClsactIfUnused(device_, /*our_handle=*/0);
}

}  // namespace vswitch
