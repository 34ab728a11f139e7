#include "cli/capture/pcapng.h"

#include <cstddef>

namespace vswitch {
namespace {

// Types of blocks, and of their options: draft-ietf-opsawg-pcapng, 4.
constexpr uint32_t kSection = 0x0a0d0d0a;
constexpr uint32_t kInterface = 1;
constexpr uint32_t kStatistics = 5;
constexpr uint32_t kPacket = 6;

constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;
constexpr uint64_t kUnknownLength = ~uint64_t{0};

constexpr uint16_t kEndOfOptions = 0;
constexpr uint16_t kComment = 1;
constexpr uint16_t kApplication = 4;  // Of a section.
constexpr uint16_t kName = 2;         // Of an interface.
constexpr uint16_t kResolution = 9;
constexpr uint16_t kFilter = 11;
constexpr uint16_t kFlags = 2;  // Of a packet.
constexpr uint16_t kDropCount = 4;
constexpr uint16_t kStartTime = 2;  // Of statistics.
constexpr uint16_t kEndTime = 3;
constexpr uint16_t kLost = 5;       // isb_ifdrop
constexpr uint16_t kAccepted = 6;   // isb_filteraccept
constexpr uint16_t kDelivered = 8;  // isb_usrdeliv

constexpr uint32_t kInbound = 1;
constexpr uint32_t kOutbound = 2;
// Ten to the minus ninth.
constexpr char kNanoseconds = 9;

// One block, from its type to its second length.
class Block {
 public:
  Block(uint32_t type, std::string* to) : to_(*to), begin_(to->size()) {
    Put(type);
    Put(uint32_t{0});
  }
  ~Block() {
    const auto length = static_cast<uint32_t>(to_.size() + sizeof(uint32_t) - begin_);
    Put(length);
    to_.replace(begin_ + sizeof(uint32_t), sizeof(length), reinterpret_cast<const char*>(&length),
                sizeof(length));
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  template <typename Number>
  void Put(Number number) {
    to_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  // Filled up to a multiple of four.
  void PutBytes(std::string_view bytes) {
    to_.append(bytes);
    to_.append((4 - bytes.size() % 4) % 4, '\0');
  }
  // The upper half first, in either byte order.
  void PutTime(uint64_t time_ns) {
    Put(static_cast<uint32_t>(time_ns >> 32));
    Put(static_cast<uint32_t>(time_ns));
  }
  void PutOption(uint16_t code, std::string_view value) {
    Put(code);
    Put(static_cast<uint16_t>(value.size()));
    PutBytes(value);
  }
  template <typename Number>
  void PutNumberOption(uint16_t code, Number number) {
    PutOption(code, {reinterpret_cast<const char*>(&number), sizeof(number)});
  }
  void PutTimeOption(uint16_t code, uint64_t time_ns) {
    Put(code);
    Put(static_cast<uint16_t>(sizeof(time_ns)));
    PutTime(time_ns);
  }
  void EndOptions() { PutOption(kEndOfOptions, ""); }

 private:
  std::string& to_;
  const size_t begin_;
};

}  // namespace

void AppendSection(std::string_view application, std::string* to) {
  Block block(kSection, to);
  block.Put(kByteOrder);
  block.Put(uint16_t{1});
  block.Put(uint16_t{0});
  block.Put(kUnknownLength);
  block.PutOption(kApplication, application);
  block.EndOptions();
}

void AppendInterface(std::string_view name, std::string_view filter, std::string* to) {
  Block block(kInterface, to);
  block.Put(kEthernet);
  block.Put(uint16_t{0});
  block.Put(kSnapLength);
  block.PutOption(kName, name);
  block.PutOption(kResolution, {&kNanoseconds, 1});
  // A zero in front: libpcap's language.
  if (!filter.empty()) block.PutOption(kFilter, std::string(1, '\0') + std::string(filter));
  block.EndOptions();
}

void AppendPacket(const PcapngPacket& packet, std::string* to) {
  Block block(kPacket, to);
  block.Put(packet.interface);
  block.PutTime(packet.time_ns);
  block.Put(static_cast<uint32_t>(packet.bytes.size()));
  block.Put(static_cast<uint32_t>(packet.bytes.size()));
  block.PutBytes({reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()});
  if (!packet.comment.empty()) block.PutOption(kComment, packet.comment);
  block.PutNumberOption(kFlags, packet.is_inbound ? kInbound : kOutbound);
  if (packet.lost != 0) block.PutNumberOption(kDropCount, uint64_t{packet.lost});
  block.EndOptions();
}

void AppendStatistics(const PcapngStatistics& statistics, std::string* to) {
  Block block(kStatistics, to);
  block.Put(statistics.interface);
  block.PutTime(statistics.end_ns);
  block.PutTimeOption(kStartTime, statistics.start_ns);
  block.PutTimeOption(kEndTime, statistics.end_ns);
  block.PutNumberOption(kLost, statistics.lost);
  block.PutNumberOption(kAccepted, statistics.accepted);
  block.PutNumberOption(kDelivered, statistics.delivered);
  block.EndOptions();
}

}  // namespace vswitch
