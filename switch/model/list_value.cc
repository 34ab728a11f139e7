#include "switch/model/list_value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/base/word_list.h"

namespace vswitch {
namespace {

absl::Status Has(std::string_view member, std::string_view what) {
  return absl::InvalidArgumentError(StrCat("has ", Quote(Printable(member, 45)), ", which ", what));
}

// Reads each member by `read`, which takes its text; sorted by `less`, each once.
template <typename Member, typename Read, typename Less>
absl::StatusOr<std::vector<Member>> ReadList(std::string_view text, Read read, Less less) {
  std::vector<Member> members;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    const absl::StatusOr<Member> member = read(text.substr(0, end));
    if (!member.ok()) return member.status();
    members.push_back(*member);
    // A comma announces another member.
    if (end + 1 == text.size()) return Has("", "is nothing");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::ranges::sort(members, less);
  members.erase(std::unique(members.begin(), members.end()), members.end());
  if (members.size() > kMaxListed) {
    return absl::InvalidArgumentError(StrCat("has ", members.size(), " members"));
  }
  return members;
}

absl::StatusOr<MacAddress> ReadMember(std::string_view text) {
  const absl::StatusOr<MacAddress> mac = ReadMac(text);
  if (text.empty()) return Has(text, "is nothing");
  if (!mac.ok()) return Has(text, std::string(mac.status().message()));
  return mac;
}

absl::StatusOr<IpPrefix> ReadPrefix(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  std::array<uint8_t, 16> octets{};
  IpPrefix prefix;
  if (inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    prefix = {IpFamily::kV4, IpAddress::FromV4(octets.data()), 32};
  } else if (inet_pton(AF_INET6, address.c_str(), octets.data()) == 1) {
    prefix = {IpFamily::kV6, IpAddress::FromV6(octets.data()), 128};
  } else {
    return Has(text, "is no IP address");
  }
  if (slash == text.size()) return prefix;
  const auto length = ReadWholeNumber(text.substr(slash + 1), /*hexadecimal=*/false);
  if (!length.has_value() || *length > prefix.length) return Has(text, "has no length of a prefix");
  prefix.length = static_cast<uint8_t>(*length);
  if (!prefix.IsCanonical()) return Has(text, "has bits behind its prefix");
  return prefix;
}

std::string PrefixText(const IpPrefix& prefix) {
  std::array<uint8_t, 16> octets;
  for (size_t i = 0; i < 8; ++i) {
    octets[i] = static_cast<uint8_t>(prefix.address.high >> (56 - 8 * i));
    octets[8 + i] = static_cast<uint8_t>(prefix.address.low >> (56 - 8 * i));
  }
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(prefix.family == IpFamily::kV4 ? AF_INET : AF_INET6, octets.data(), text, sizeof(text));
  if (prefix.length == LongestPrefix(prefix.family)) return text;
  return StrCat(text, "/", static_cast<int>(prefix.length));
}

template <typename Member, typename Format>
std::string ListText(const std::vector<Member>& members, Format format) {
  std::string text;
  for (const Member& member : members) text += StrCat(text.empty() ? "" : ",", format(member));
  return text;
}

}  // namespace

absl::StatusOr<uint64_t> ReadWordSet(std::string_view text,
                                     std::span<const std::string_view> words) {
  const auto read = [words](std::string_view word) -> absl::StatusOr<size_t> {
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) return Has(word, "is none of them");
    return static_cast<size_t>(found - words.begin());
  };
  const auto places = ReadList<size_t>(text, read, std::ranges::less());
  if (!places.ok()) return places.status();
  uint64_t set = 0;
  for (const size_t place : *places) set |= uint64_t{1} << place;
  return set;
}

absl::StatusOr<std::vector<MacAddress>> ReadMacList(std::string_view text) {
  return ReadList<MacAddress>(
      text, ReadMember, [](MacAddress one, MacAddress other) { return one.value < other.value; });
}

absl::StatusOr<std::vector<IpPrefix>> ReadIpList(std::string_view text) {
  return ReadList<IpPrefix>(text, ReadPrefix, std::ranges::less());
}

std::string WordSetText(uint64_t set, std::span<const std::string_view> words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (set >> i & 1) text += StrCat(text.empty() ? "" : ",", words[i]);
  }
  return text;
}

std::string MacListText(const std::vector<MacAddress>& macs) {
  return ListText(macs, [](MacAddress mac) { return mac.ToString(); });
}

std::string IpListText(const std::vector<IpPrefix>& ips) { return ListText(ips, PrefixText); }

std::string AllowedWordSets(std::span<const std::string_view> words) {
  return StrCat("some of ", WordList(words, "and"), ", separated by commas, or nothing");
}

std::string AllowedMacLists() {
  return StrCat("unicast addresses, separated by commas, at most ", kMaxListed, ", or nothing");
}

std::string AllowedIpLists() {
  return StrCat(
      "addresses and prefixes of IPv4 and IPv6, such as 10.0.0.5,10.1.0.0/16,fd00::5, "
      "at most ",
      kMaxListed, ", or nothing");
}

}  // namespace vswitch
