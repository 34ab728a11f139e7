#include "switch/model/setting_table.h"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "mac_table/fdb_key.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/model/settings.h"

namespace vswitch {
namespace {

constexpr std::array<std::string_view, 3> kPortTypeNames = {"tap", "internal", "netdev"};
// (uid_t)-1 means "nobody in particular" to chown(2) and TUNSETOWNER.
constexpr uint64_t kMaxUid = 0xfffffffe;

// One field of a Spec as a SettingKey's getter and setter.
template <auto kMember>
struct Field;
template <typename Spec, typename Value, Value Spec::*kMember>
struct Field<kMember> {
  static uint64_t Get(const Spec& spec) { return static_cast<uint64_t>(spec.*kMember); }
  static void Set(Spec& spec, uint64_t value) { spec.*kMember = static_cast<Value>(value); }
};

constexpr SettingKey<BridgeSpec> kBridgeKeys[] = {
    {.name = "ageing_s",
     .form = SettingForm::kDecimal,
     .min = kMinAgeingSeconds,
     .max = kMaxAgeingSeconds,
     .unit = "seconds",
     .help = "how long a learned address is kept after its last frame",
     .get = Field<&BridgeSpec::ageing_s>::Get,
     .set = Field<&BridgeSpec::ageing_s>::Set},
    {.name = "fdb_entries",
     .form = SettingForm::kDecimal,
     .min = kMinFdbEntries,
     .max = kMaxFdbEntries,
     .unit = "addresses",
     .help = "how many addresses the forwarding table holds",
     .get = Field<&BridgeSpec::fdb_entries>::Get,
     .set = Field<&BridgeSpec::fdb_entries>::Set},
    // Linux refuses bits 0 to 2 (STP, pause frames, LACP). A lab between guests wants exactly
    // these, and the switch speaks none of the three itself, so nothing is refused here.
    {.name = "group_fwd_mask",
     .form = SettingForm::kMask,
     .min = 0,
     .max = 0xffff,
     .help = "bit n relays frames to 01-80-C2-00-00-0n (0: STP, 2: LACP, 14: LLDP), which are "
             "otherwise dropped",
     .get = Field<&BridgeSpec::group_fwd_mask>::Get,
     .set = Field<&BridgeSpec::group_fwd_mask>::Set},
};

constexpr SettingKey<PortSpec> kPortKeys[] = {
    {.name = "type",
     .form = SettingForm::kPortType,
     .min = 0,
     .max = kPortTypeNames.size() - 1,
     .creation_only = true,
     .help = "tap: for a guest; internal: for the host or a namespace; netdev: an existing device",
     .get = Field<&PortSpec::type>::Get,
     .set = Field<&PortSpec::type>::Set},
    {.name = "owner",
     .form = SettingForm::kUser,
     .min = 0,
     .max = kMaxUid,
     .tap_only = true,
     .help = "the user whose QEMU may open the TAP",
     .get = Field<&PortSpec::owner>::Get,
     .set = Field<&PortSpec::owner>::Set},
    {.name = "mtu",
     .form = SettingForm::kDecimal,
     .min = 68,  // RFC 791.
     .max =
         65521,  // A frame of 65,535 bytes less its 14-byte header: the kernel's limit for a TAP.
     .unit = "bytes",
     .zero_meaning = "to leave the device as it is",
     .help = "the device's MTU",
     .get = Field<&PortSpec::mtu>::Get,
     .set = Field<&PortSpec::mtu>::Set},
    {.name = "queues",
     .form = SettingForm::kDecimal,
     .min = 1,
     .max = 16,
     .unit = "queues",
     .tap_only = true,
     .creation_only = true,
     .help = "queue pairs of the guest; more than one needs the same queues= of QEMU",
     .get = Field<&PortSpec::queues>::Get,
     .set = Field<&PortSpec::queues>::Set},
    {.name = "txqueuelen",
     .form = SettingForm::kDecimal,
     .min = 16,
     .max = 65536,
     .unit = "frames",
     .creation_only = true,
     .help = "frames that the kernel queues in each direction before it drops",
     .get = Field<&PortSpec::txqueuelen>::Get,
     .set = Field<&PortSpec::txqueuelen>::Set},
};

std::optional<uint64_t> ParseNumber(std::string_view text, SettingForm form) {
  int base = 10;
  if (form == SettingForm::kMask && (text.starts_with("0x") || text.starts_with("0X"))) {
    text.remove_prefix(2);
    base = 16;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Calls getpwnam_r or getpwuid_r (`look_up`) with a buffer that is long enough.
template <typename LookUp, typename Key>
std::optional<std::pair<uid_t, std::string>> FindUser(LookUp look_up, Key key) {
  std::vector<char> buffer(1024);
  passwd entry;
  passwd* found = nullptr;
  while (look_up(key, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < 1024 * 1024) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return std::nullopt;
  return std::pair(found->pw_uid, std::string(found->pw_name));
}

std::optional<uint64_t> ParseUser(std::string_view text) {
  // Names of digits only do not exist (useradd and systemd refuse them).
  if (const auto number = ParseNumber(text, SettingForm::kUser); number.has_value()) return number;
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  const auto user = FindUser(getpwnam_r, std::string(text).c_str());
  if (!user.has_value()) return std::nullopt;
  return user->first;
}

}  // namespace

std::span<const SettingKey<BridgeSpec>> BridgeKeys() { return kBridgeKeys; }
std::span<const SettingKey<PortSpec>> PortKeys() { return kPortKeys; }

std::string_view PortTypeName(PortType type) { return kPortTypeNames[static_cast<size_t>(type)]; }

std::string UserName(uid_t uid) {
  const auto user = FindUser(getpwuid_r, uid);
  return user.has_value() ? user->second : StrCat(uid);
}

template <typename Spec>
std::string RangeText(const SettingKey<Spec>& key) {
  switch (key.form) {
    case SettingForm::kPortType:
      return "tap, internal or netdev";
    case SettingForm::kUser:
      return StrCat("the name of a user of this host or a number up to ", key.max);
    case SettingForm::kMask:
      return absl::StrFormat("%#x to %#x, in decimal or hexadecimal", key.min, key.max);
    case SettingForm::kDecimal:
      break;
  }
  std::string text = StrCat(key.min, " to ", key.max, key.unit.empty() ? "" : " ", key.unit);
  if (!key.zero_meaning.empty()) text += StrCat(", or 0 ", key.zero_meaning);
  return text;
}

template <typename Spec>
absl::Status CheckValue(const SettingKey<Spec>& key, uint64_t value) {
  if (value >= key.min && value <= key.max) return absl::OkStatus();
  if (value == 0 && !key.zero_meaning.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat(key.name, "=", FormatValue(key, value), " is out of range: give ", RangeText(key)));
}

template <typename Spec>
absl::StatusOr<uint64_t> ParseValue(const SettingKey<Spec>& key, std::string_view text) {
  std::optional<uint64_t> value;
  std::string_view complaint = "cannot be used";
  switch (key.form) {
    case SettingForm::kPortType: {
      const auto* name = std::find(kPortTypeNames.begin(), kPortTypeNames.end(), text);
      if (name != kPortTypeNames.end()) value = name - kPortTypeNames.begin();
      complaint = "is no type of port";
      break;
    }
    case SettingForm::kUser:
      value = ParseUser(text);
      complaint = "is no user of this host";
      break;
    case SettingForm::kMask:
    case SettingForm::kDecimal:
      value = ParseNumber(text, key.form);
      break;
  }
  if (!value.has_value()) {
    return absl::InvalidArgumentError(
        StrCat(key.name, "=", Printable(text, 40), " ", complaint, ": give ", RangeText(key)));
  }
  if (absl::Status status = CheckValue(key, *value); !status.ok()) return status;
  return *value;
}

template <typename Spec>
std::string FormatValue(const SettingKey<Spec>& key, uint64_t value) {
  switch (key.form) {
    case SettingForm::kPortType:
      // Not PortTypeName(): a value that CheckValue() complains of gets here too.
      return value < kPortTypeNames.size() ? std::string(kPortTypeNames[value]) : StrCat(value);
    case SettingForm::kUser:
      return value <= kMaxUid ? UserName(static_cast<uid_t>(value)) : StrCat(value);
    case SettingForm::kMask:
      return absl::StrFormat("0x%x", value);
    case SettingForm::kDecimal:
      break;
  }
  return StrCat(value);
}

#define VSWITCH_INSTANTIATE(Spec)                                                          \
  template std::string RangeText(const SettingKey<Spec>&);                                 \
  template absl::Status CheckValue(const SettingKey<Spec>&, uint64_t);                     \
  template absl::StatusOr<uint64_t> ParseValue(const SettingKey<Spec>&, std::string_view); \
  template std::string FormatValue(const SettingKey<Spec>&, uint64_t);
VSWITCH_INSTANTIATE(BridgeSpec)
VSWITCH_INSTANTIATE(PortSpec)
#undef VSWITCH_INSTANTIATE

}  // namespace vswitch
