#include "switch/model/vlan_settings.h"

#include <optional>
#include <utility>

#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

using Mode = VlanModeSetting;

absl::Status Wrong(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

struct ModeName {
  Mode mode;
  std::string_view name;
};
constexpr ModeName kModes[] = {
    {Mode::kAccess, "access"},
    {Mode::kTrunk, "trunk"},
    {Mode::kNativeTagged, "native-tagged"},
    {Mode::kNativeUntagged, "native-untagged"},
    {Mode::kTunnel, "dot1q-tunnel"},
};

std::string Text(VlanRange range) {
  return range.first == range.last ? StrCat(range.first) : StrCat(range.first, "-", range.last);
}

// Of `least` to 4094.
absl::StatusOr<VlanRange> ReadRange(std::string_view text, VlanId least) {
  const size_t dash = text.find('-');
  const auto read = [&](std::string_view number) -> absl::StatusOr<VlanId> {
    const std::optional<uint64_t> value = ReadWholeNumber(number, /*hexadecimal=*/false);
    if (!value.has_value()) {
      return Wrong(StrCat("has '", number, "' where a VLAN belongs"));
    }
    if (*value < least || *value > kMaxVlanId) {
      return Wrong(StrCat("has VLAN ", *value, ", which is out of range"));
    }
    return static_cast<VlanId>(*value);
  };
  const absl::StatusOr<VlanId> first = read(text.substr(0, dash));
  if (!first.ok()) return first.status();
  if (dash == text.npos) return VlanRange{*first, *first};
  const absl::StatusOr<VlanId> last = read(text.substr(dash + 1));
  if (!last.ok()) return last.status();
  if (*last < *first) {
    return Wrong(StrCat("has the range ", text, ", which ends before it begins"));
  }
  return VlanRange{*first, *last};
}

// What is in a VLAN of a port in the terms of `bridge vlan`.
struct Membership {
  VlanList vlans;
  // 0: none.
  VlanId pvid = 0;
  bool pvid_untagged = false;
};

Membership MembershipOf(const PortSpec& spec) {
  Membership membership;
  const Mode mode = EffectiveVlanMode(spec);
  if (mode == Mode::kNone) return membership;
  // Refused when it was set if it could not be read.
  membership.vlans = ReadVlanList(spec.trunks).value_or(VlanList());
  if (mode != Mode::kAccess && spec.trunks.empty()) {
    for (VlanId vlan = 0; vlan <= kMaxVlanId; ++vlan) membership.vlans.set(vlan);
  }
  if (mode == Mode::kTrunk) return membership;
  membership.pvid = spec.tag;
  membership.pvid_untagged = mode != Mode::kNativeTagged;
  membership.vlans.set(spec.tag);
  membership.vlans.reset(0);
  return membership;
}

bool CarriesAll(const Membership& membership) {
  const size_t least = membership.pvid == 0 ? kMaxVlanId + size_t{1} : kMaxVlanId;
  return membership.vlans.count() >= least;
}

void SetMembership(const Membership& membership, PortSpec* spec) {
  VlanList trunks = membership.vlans;
  spec->tag = membership.pvid;
  if (membership.pvid == 0) {
    spec->vlan_mode = Mode::kTrunk;
  } else {
    trunks.reset(membership.pvid);
    spec->vlan_mode = membership.pvid_untagged ? Mode::kNativeUntagged : Mode::kNativeTagged;
    if (trunks.none() && membership.pvid_untagged) spec->vlan_mode = Mode::kAccess;
    // Without trunks it would carry all.
    if (trunks.none() && !membership.pvid_untagged) trunks.set(membership.pvid);
  }
  spec->trunks = CarriesAll(membership) ? "" : VlanListText(trunks);
}

absl::Status NoTunnel(const PortSpec& spec) {
  if (EffectiveVlanMode(spec) != Mode::kTunnel) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(
      "port '", spec.name, "' has vlan_mode=dot1q-tunnel, and whatever comes in by it is in VLAN ",
      spec.tag, ": change its tag="));
}

}  // namespace

absl::StatusOr<VlanList> ReadVlanList(std::string_view text) {
  VlanList vlans;
  if (text.empty()) return vlans;
  for (size_t end = 0; end != text.npos;) {
    end = text.find(',');
    const std::string_view piece = text.substr(0, end);
    if (piece.empty()) return Wrong("has an empty piece");
    const absl::StatusOr<VlanRange> range = ReadRange(piece, /*least=*/0);
    if (!range.ok()) return range.status();
    for (VlanId vlan = range->first; vlan <= range->last; ++vlan) {
      if (vlans.test(vlan)) return Wrong(StrCat("has VLAN ", vlan, " twice"));
      vlans.set(vlan);
    }
    if (end != text.npos) text.remove_prefix(end + 1);
  }
  return vlans;
}

std::string VlanListText(const VlanList& vlans) {
  std::string text;
  for (VlanId vlan = 0; vlan <= kMaxVlanId; ++vlan) {
    if (!vlans.test(vlan)) continue;
    VlanRange range{vlan, vlan};
    while (range.last < kMaxVlanId && vlans.test(range.last + 1)) ++range.last;
    text += StrCat(text.empty() ? "" : ",", Text(range));
    vlan = range.last;
  }
  return text;
}

std::string_view VlanModeName(Mode mode) {
  for (const ModeName& each : kModes) {
    if (each.mode == mode) return each.name;
  }
  return "";
}

absl::StatusOr<Mode> ReadVlanMode(std::string_view text) {
  if (text.empty()) return Mode::kNone;
  for (const ModeName& each : kModes) {
    if (each.name == text) return each.mode;
  }
  return Wrong("is no such mode");
}

Mode EffectiveVlanMode(const PortSpec& spec) {
  if (spec.vlan_mode != Mode::kNone) return spec.vlan_mode;
  if (spec.tag != 0) return Mode::kAccess;
  return spec.trunks.empty() ? Mode::kNone : Mode::kTrunk;
}

absl::Status CheckVlanSettings(const PortSpec& spec) {
  const std::string mode = StrCat("vlan_mode=", VlanModeName(spec.vlan_mode));
  const std::string tag = StrCat("tag=", spec.tag);
  const std::string trunks = StrCat("trunks=", spec.trunks);
  switch (spec.vlan_mode) {
    case Mode::kNone:
      if (spec.tag == 0 || spec.trunks.empty()) return absl::OkStatus();
      return Wrong(StrCat(tag, " makes an access port, and ", trunks,
                          " a trunk: for a trunk that also takes untagged frames, into VLAN ",
                          spec.tag,
                          ", give vlan_mode=native-untagged or native-tagged too; else "
                          "take one back with tag= or trunks="));
    case Mode::kTrunk:
      if (spec.tag == 0) return absl::OkStatus();
      return Wrong(StrCat(mode, " has no VLAN of its own, but the port has ", tag,
                          ": take it back with tag=, or give vlan_mode=native-untagged"));
    case Mode::kNativeTagged:
    case Mode::kNativeUntagged:
      break;
    case Mode::kAccess:
    case Mode::kTunnel:
      if (spec.trunks.empty()) break;
      return Wrong(StrCat(mode, " carries one VLAN, but the port has ", trunks,
                          ": take them back with trunks=, or give vlan_mode=native-untagged"));
  }
  if (spec.tag != 0) return absl::OkStatus();
  return Wrong(StrCat(mode, " needs to know its VLAN: give tag=N too"));
}

absl::StatusOr<VlanRange> ReadVlanRange(std::string_view text) {
  const absl::StatusOr<VlanRange> range = ReadRange(text, /*least=*/1);
  if (range.ok()) return range;
  return Wrong(StrCat("vid ", text, " ", range.status().message(), ": give 1 to ", kMaxVlanId,
                      ", or a range of these, such as 20-30"));
}

absl::Status AddVlans(VlanRange range, bool pvid, bool untagged, PortSpec* spec) {
  VSWITCH_RETURN_IF_ERROR(NoTunnel(*spec));
  if (pvid && range.first != range.last) {
    return Wrong(StrCat("a port has one PVID, not all of ", Text(range), ": give one VLAN"));
  }
  Membership membership = MembershipOf(*spec);
  if (untagged && !pvid) {
    return Wrong(StrCat("VLAN ", Text(range), " cannot leave port '", spec->name,
                        "' untagged and not be its PVID: untagged frames are in one VLAN, both "
                        "ways. Give pvid too, or leave out untagged"));
  }
  // As in Linux (net/bridge/br_vlan.c, __vlan_add_flags()), what is not said is taken back.
  if (!pvid && range.first <= membership.pvid && membership.pvid <= range.last) membership.pvid = 0;
  for (VlanId vlan = range.first; vlan <= range.last; ++vlan) membership.vlans.set(vlan);
  if (pvid) {
    // The former PVID stays a member, and leaves with a tag.
    membership.pvid = range.first;
    membership.pvid_untagged = untagged;
    membership.vlans.reset(0);
  }
  SetMembership(membership, spec);
  return absl::OkStatus();
}

absl::Status DeleteVlans(VlanRange range, PortSpec* spec) {
  VSWITCH_RETURN_IF_ERROR(NoTunnel(*spec));
  if (EffectiveVlanMode(*spec) == Mode::kNone) {
    return absl::FailedPreconditionError(
        StrCat("port '", spec->name,
               "' has no VLAN settings and passes all VLANs: say which it is to carry with "
               "trunks=N-M,..."));
  }
  Membership membership = MembershipOf(*spec);
  const VlanList before = membership.vlans;
  for (VlanId vlan = range.first; vlan <= range.last; ++vlan) membership.vlans.reset(vlan);
  if (membership.vlans == before) {
    return absl::NotFoundError(StrCat("port '", spec->name, "' is not in VLAN ", Text(range)));
  }
  if (membership.vlans.none()) {
    return absl::FailedPreconditionError(StrCat(
        "port '", spec->name, "' is in no other VLAN than ", Text(range),
        ", and a port of none would pass all: add another first, or give vlan_mode=, tag= and "
        "trunks= without values"));
  }
  if (range.first <= membership.pvid && membership.pvid <= range.last) membership.pvid = 0;
  SetMembership(membership, spec);
  return absl::OkStatus();
}

}  // namespace vswitch
