#include "switch/model/setting_value.h"

#include <charconv>

#include "absl/strings/str_format.h"
#include "switch/model/users.h"

namespace vswitch {
namespace {

// (uid_t)-1 means "nobody in particular" to chown(2) and TUNSETOWNER.
constexpr uid_t kMaxUid = 0xfffffffe;

absl::Status NoNumber() { return absl::InvalidArgumentError("cannot be used"); }
absl::Status OutOfRange() { return absl::InvalidArgumentError("is out of range"); }

}  // namespace

std::optional<uint64_t> ReadWholeNumber(std::string_view text, bool hexadecimal) {
  int base = 10;
  if (hexadecimal && (text.starts_with("0x") || text.starts_with("0X"))) {
    text.remove_prefix(2);
    base = 16;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

absl::StatusOr<uint64_t> ReadNumber(std::string_view text, const NumberRange& range) {
  const std::optional<uint64_t> value = ReadWholeNumber(text, /*hexadecimal=*/false);
  if (!value.has_value()) return NoNumber();
  const bool zero = *value == 0 && !range.zero_means.empty();
  if (!zero && (*value < range.min || *value > range.max)) return OutOfRange();
  if (*value % range.step != 0) {
    return absl::InvalidArgumentError(StrCat("is not a multiple of ", range.step));
  }
  return *value;
}

absl::StatusOr<uint64_t> ReadMask(std::string_view text, uint64_t max) {
  const std::optional<uint64_t> value = ReadWholeNumber(text, /*hexadecimal=*/true);
  if (!value.has_value()) return NoNumber();
  if (*value > max) return OutOfRange();
  return *value;
}

absl::StatusOr<PortType> ReadPortType(std::string_view text) {
  for (const PortType type : kPortTypes) {
    if (text == PortTypeName(type)) return type;
  }
  return absl::InvalidArgumentError("is no type of port");
}

absl::StatusOr<bool> ReadSwitch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return absl::InvalidArgumentError("is neither");
}

absl::StatusOr<uid_t> ReadUser(std::string_view text) {
  // Names of digits only do not exist (useradd and systemd refuse them).
  if (const auto number = ReadWholeNumber(text, /*hexadecimal=*/false); number.has_value()) {
    if (*number > kMaxUid) return OutOfRange();
    return static_cast<uid_t>(*number);
  }
  const std::optional<uid_t> user = FindUser(text);
  if (!user.has_value()) return absl::InvalidArgumentError("is no user of this host");
  return *user;
}

absl::StatusOr<MacAddress> ReadMac(std::string_view text) {
  if (text.empty()) return MacAddress();
  const std::optional<MacAddress> mac = MacAddress::Parse(text);
  if (!mac.has_value()) return absl::InvalidArgumentError("is no MAC address");
  if (mac->IsGroup() || mac->IsZero()) return absl::InvalidArgumentError("is no unicast address");
  return *mac;
}

std::string AllowedNumbers(const NumberRange& range) {
  std::string text =
      StrCat(range.min, " to ", range.max, range.unit.empty() ? "" : " ", range.unit);
  if (range.step != 1) text = StrCat("a multiple of ", range.step, " from ", text);
  if (!range.zero_means.empty()) text += StrCat(", or 0 ", range.zero_means);
  return text;
}

std::string AllowedMasks(uint64_t max) {
  return StrCat("0 to ", MaskText(max), ", in decimal or hexadecimal");
}

std::string AllowedPortTypes() { return PortTypeList(kPortTypes); }

std::string AllowedUsers() {
  return StrCat("the name of a user of this host or a number up to ", kMaxUid);
}

std::string MaskText(uint64_t mask) { return absl::StrFormat("0x%x", mask); }

std::string PortTypeText(PortType type) {
  // What is no type at all gets here too, when a whole spec is checked.
  const auto number = static_cast<size_t>(type);
  return number < kPortTypes.size() ? std::string(PortTypeName(type)) : StrCat(number);
}

std::string MacText(MacAddress mac) { return mac.IsZero() ? "" : mac.ToString(); }

}  // namespace vswitch
