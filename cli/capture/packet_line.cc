#include "cli/capture/packet_line.h"

#include <cstdio>
#include <ctime>

#include "cli/format.h"
#include "cli/json.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
// More is no frame of anybody who means well.
constexpr int kMostTags = 4;

uint16_t Load16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::string MacAt(std::span<const uint8_t> bytes, size_t at) {
  char text[18];
  std::snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[at], bytes[at + 1],
                bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5]);
  return text;
}

std::string_view TypeName(uint16_t type) {
  switch (type) {
    case 0x0800:
      return "IPv4";
    case 0x0806:
      return "ARP";
    case 0x86dd:
      return "IPv6";
    case 0x88cc:
      return "LLDP";
    case 0x8809:
      return "Slow Protocols";
    default:
      return type < 0x600 ? "802.3" : "ethertype";
  }
}

// "vlan 10, ARP (0x0806)", from the two octets at `at` on.
std::string TypesAt(std::span<const uint8_t> bytes, size_t at) {
  std::string text;
  uint16_t type = Load16(bytes, at);
  for (int tags = 0; tags < kMostTags && (type == 0x8100 || type == 0x88a8); ++tags) {
    if (bytes.size() < at + 6) return text + "cut short";
    const uint16_t tag = Load16(bytes, at + 2);
    text += StrCat(type == 0x8100 ? "vlan " : "service vlan ", tag & 0xfff, ", ");
    if (tag >> 13 != 0) text += StrCat("priority ", tag >> 13, ", ");
    at += 4;
    type = Load16(bytes, at);
  }
  char number[8];
  std::snprintf(number, sizeof(number), "0x%04x", type);
  return text + StrCat(TypeName(type), " (", number, ")");
}

std::string TimeOfDay(uint64_t time_ns) {
  const auto seconds = static_cast<time_t>(time_ns / kSecond);
  tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::snprintf(text, sizeof(text), "%02d:%02d:%02d.%06u", local.tm_hour, local.tm_min,
                local.tm_sec, static_cast<unsigned>(time_ns % kSecond / 1000));
  return text;
}

}  // namespace

std::string PacketLine(const PacketView& packet) {
  std::string line = StrCat(TimeOfDay(packet.time_ns), " ", TerminalSafe(packet.port),
                            packet.is_inbound ? " In  " : " Out ");
  if (packet.bytes.size() < 14) {
    line += "cut short";
  } else {
    line += StrCat(MacAt(packet.bytes, 6), " > ", MacAt(packet.bytes, 0), ", ",
                   TypesAt(packet.bytes, 12));
  }
  line += StrCat(", length ", packet.bytes.size());
  if (!packet.drop.empty()) line += StrCat(" [dropped: ", TerminalSafe(packet.drop), "]");
  return line + "\n";
}

std::string PacketJson(const PacketView& packet) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : packet.bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xf];
  }
  char time[32];
  std::snprintf(time, sizeof(time), "%llu.%09llu",
                static_cast<unsigned long long>(packet.time_ns / kSecond),
                static_cast<unsigned long long>(packet.time_ns % kSecond));
  Json object = Json::object();
  object["time"] = time;
  object["port"] = std::string(packet.port);
  object["direction"] = packet.is_inbound ? "in" : "out";
  object["drop"] = packet.drop.empty() ? Json() : Json(std::string(packet.drop));
  object["frame"] = std::move(hex);
  return ToLine(object) + "\n";
}

}  // namespace vswitch
