#include "switch/port/redirect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "switch/base/unique_fd.h"
#include "switch/link/kernel_error.h"
#include "switch/port/redirect.skel.h"

namespace vswitch {
namespace {

// The first: a frame that is ours to switch is nobody else's to see.
constexpr uint32_t kPriority = 1;

// libbpf prints to stderr unless told otherwise, and says there, not in its return value, what the
// verifier or the kernel's netlink answered. The first warning, which says most, goes into our
// message.
thread_local std::string first_warning;

int OnLibbpfPrint(libbpf_print_level level, const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  if (level == LIBBPF_WARN && first_warning.empty()) {
    first_warning = std::string(absl::StripPrefix(text, "libbpf: "));
  }
  if (level != LIBBPF_DEBUG) VLOG(1) << text;
  return 0;
}

void QuietLibbpf() {
  static const bool once = [] {
    libbpf_set_print(OnLibbpfPrint);
    return true;
  }();
  (void)once;
  first_warning.clear();
}

absl::Status Explain(int error, const std::string& what) {
  const std::string detail = first_warning.empty() ? "" : absl::StrCat("libbpf: ", first_warning);
  if (error == ENOENT) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, ": the kernel has no clsact qdisc or no BPF classifier: load the modules ",
        "sch_ingress and cls_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)"));
  }
  if (error != EPERM) return KernelError(error, what, detail);
  return absl::PermissionDeniedError(
      absl::StrCat(what, ": Operation not permitted", detail.empty() ? "" : " (", detail,
                   detail.empty() ? "" : ")", ": run vswitchd as root or give it CAP_BPF and ",
                   "CAP_NET_ADMIN"));
}

struct ObjectDestroy {
  void operator()(redirect_bpf* object) const { redirect_bpf__destroy(object); }
};
using Object = std::unique_ptr<redirect_bpf, ObjectDestroy>;

absl::StatusOr<Object> Load(const LinkInfo& to, bool hash_flow) {
  constexpr char kWhat[] = "cannot load the redirect program into the kernel";
  Object object(redirect_bpf__open());
  if (object == nullptr) return Explain(errno, kWhat);
  object->rodata->target_ifindex = static_cast<uint32_t>(to.ifindex);
  object->rodata->hash_flow = hash_flow;
  if (const int error = redirect_bpf__load(object.get()); error != 0) return Explain(-error, kWhat);
  return object;
}

// BPF_TCX_INGRESS and BPF_F_BEFORE of Linux 6.6, which Debian 12's headers do not have.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
constexpr uint32_t kFirst = 1 << 3;

// Invalid where the kernel has no tcx.
absl::StatusOr<UniqueFd> AttachTcx(const LinkInfo& from, int program) {
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = kFirst);
  UniqueFd link(bpf_link_create(program, from.ifindex, kTcxIngress, &options));
  if (link || errno == EINVAL) return link;
  return Explain(errno, absl::StrCat("cannot redirect what enters ", from.name));
}

bool TcxInPlace(const UniqueFd& link) {
  if (!link) return true;
  bpf_link_info info{};
  uint32_t length = sizeof(info);
  // The device's index, in the same place for each kind of link that is on a device; 0 when the
  // link was taken off by force.
  return bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0 && info.xdp.ifindex != 0;
}

bpf_tc_hook Hook(const LinkInfo& link, bpf_tc_attach_point point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = link.ifindex;
  hook.attach_point = point;
  return hook;
}

bpf_tc_opts Filter() {
  bpf_tc_opts filter{};
  filter.sz = sizeof(filter);
  filter.handle = Redirect::kFilterHandle;
  filter.priority = kPriority;
  return filter;
}

// Removes the whole clsact qdisc, all filters included, unless somebody else has filters there.
bool RemoveClsactIfOurs(const LinkInfo& link) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return false;
  const absl::StatusOr<bool> others = links->HasOtherFilters(link, Redirect::kFilterHandle);
  if (!others.ok() || *others) return false;
  // Both directions at once are what libbpf takes for "the qdisc itself".
  bpf_tc_hook hook = Hook(link, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  return bpf_tc_hook_destroy(&hook) == 0;
}

}  // namespace

absl::StatusOr<Redirect> Redirect::Attach(const LinkInfo& from, const LinkInfo& to,
                                          bool hash_flow) {
  QuietLibbpf();
  const absl::StatusOr<Object> object = Load(to, hash_flow);
  if (!object.ok()) return object.status();
  return AttachProgram(from, to, bpf_program__fd((*object)->progs.redirect_frame));
}

absl::StatusOr<Redirect> Redirect::AttachProgram(const LinkInfo& from, const LinkInfo& to,
                                                 int program) {
  QuietLibbpf();
  bpf_tc_hook hook = Hook(from, BPF_TC_INGRESS);
  const std::string what = absl::StrCat("cannot redirect ", from.name, " to ", to.name);
  const int made = bpf_tc_hook_create(&hook);
  if (made != 0 && made != -EEXIST) return Explain(-made, what);

  bpf_tc_opts filter = Filter();
  filter.prog_fd = program;
  filter.flags = BPF_TC_F_REPLACE;
  if (const int error = bpf_tc_attach(&hook, &filter); error != 0) {
    const absl::Status status = Explain(-error, what);
    if (made == 0) RemoveClsactIfOurs(from);
    if (error != -EINVAL && error != -EEXIST) return status;
    return absl::AlreadyExistsError(absl::StrCat(
        status.message(), ": another program's tc filter is in the way; see: tc filter show dev ",
        from.name, " ingress"));
  }
  Redirect redirect;
  redirect.from_ = from;
  redirect.program_id_ = filter.prog_id;
  absl::StatusOr<UniqueFd> link = AttachTcx(from, filter.prog_fd);
  if (!link.ok()) return link.status();
  redirect.tcx_link_ = *std::move(link);
  return redirect;
}

bool Redirect::InPlace() const {
  QuietLibbpf();
  const bpf_tc_hook hook = Hook(from_, BPF_TC_INGRESS);
  bpf_tc_opts filter = Filter();
  return bpf_tc_query(&hook, &filter) == 0 && filter.prog_id == program_id_ &&
         TcxInPlace(tcx_link_);
}

uint32_t Redirect::ProgramOn(const LinkInfo& from) {
  QuietLibbpf();
  const bpf_tc_hook hook = Hook(from, BPF_TC_INGRESS);
  bpf_tc_opts filter = Filter();
  return bpf_tc_query(&hook, &filter) == 0 ? filter.prog_id : 0;
}

absl::Status Redirect::RemoveLeftOver(const LinkInfo& from) {
  QuietLibbpf();
  if (RemoveClsactIfOurs(from)) return absl::OkStatus();
  bpf_tc_hook hook = Hook(from, BPF_TC_INGRESS);
  bpf_tc_opts filter = Filter();
  if (bpf_tc_query(&hook, &filter) != 0) return absl::OkStatus();
  filter = Filter();
  const int error = bpf_tc_detach(&hook, &filter);
  if (error == 0 || error == -ENODEV) return absl::OkStatus();
  return Explain(-error, absl::StrCat("cannot take the redirection off ", from.name));
}

Redirect::~Redirect() {
  if (program_id_ == 0) return;
  QuietLibbpf();
  bpf_tc_hook hook = Hook(from_, BPF_TC_INGRESS);
  bpf_tc_opts filter = Filter();
  // The device may be gone, or another daemon may have put its own program there: then nothing is
  // ours.
  if (bpf_tc_query(&hook, &filter) != 0 || filter.prog_id != program_id_) return;
  const absl::Status status = RemoveLeftOver(from_);
  if (!status.ok()) LOG(WARNING) << status.message();
}

}  // namespace vswitch
