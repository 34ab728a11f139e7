// What is written, byte for byte where readers do not look, and as libpcap reads it.
#include "cli/capture/pcapng.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cli/capture/compile_filter.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;
using Blocks = std::vector<std::string>;

template <typename Number>
Number At(const std::string& text, size_t offset) {
  Number number{};
  std::memcpy(&number, text.data() + offset, sizeof(number));
  return number;
}

// Whole blocks, their two lengths checked. draft-ietf-opsawg-pcapng, 3.1.
Blocks BlocksOf(const std::string& file) {
  Blocks blocks;
  for (size_t at = 0; at < file.size();) {
    const auto length = At<uint32_t>(file, at + 4);
    EXPECT_EQ(length % 4, 0u);
    EXPECT_LE(at + length, file.size());
    EXPECT_EQ(At<uint32_t>(file, at + length - 4), length);
    blocks.push_back(file.substr(at, length));
    at += length;
  }
  return blocks;
}

// 3.5: from `offset` on, up to the end of options.
std::map<uint16_t, std::string> OptionsOf(const std::string& block, size_t offset) {
  std::map<uint16_t, std::string> options;
  while (true) {
    const auto code = At<uint16_t>(block, offset);
    const auto length = At<uint16_t>(block, offset + 2);
    if (code == 0) break;
    options[code] = block.substr(offset + 4, length);
    offset += 4 + (length + 3u) / 4 * 4;
  }
  EXPECT_EQ(offset + 8, block.size());
  return options;
}

std::string Example() {
  std::string file;
  const Bytes first(61, 0xaa);
  const Bytes second(60, 0xbb);
  AppendSection("vswitchctl", &file);
  AppendInterface("vm0", "arp", &file);
  AppendInterface("vm1", "", &file);
  AppendPacket({.interface = 0, .time_ns = 0x1122334455667788, .bytes = first}, &file);
  AppendPacket({.interface = 1,
                .time_ns = 0x1122334455667799,
                .is_inbound = false,
                .lost = 7,
                .comment = "dropped: runt",
                .bytes = second},
               &file);
  AppendStatistics({.interface = 1,
                    .start_ns = 1,
                    .end_ns = uint64_t{2} << 32,
                    .accepted = 8,
                    .lost = 7,
                    .delivered = 1},
                   &file);
  return file;
}

TEST(PcapngTest, HasTheBlocksAndOptionsOfTheDraft) {
  const Blocks blocks = BlocksOf(Example());
  ASSERT_EQ(blocks.size(), 6u);
  // 4.1
  EXPECT_EQ(At<uint32_t>(blocks[0], 0), 0x0a0d0d0au);
  EXPECT_EQ(At<uint32_t>(blocks[0], 8), 0x1a2b3c4du);
  EXPECT_EQ(OptionsOf(blocks[0], 24)[4], "vswitchctl");
  // 4.2
  EXPECT_EQ(At<uint16_t>(blocks[1], 8), DLT_EN10MB);
  auto options = OptionsOf(blocks[1], 16);
  EXPECT_EQ(options[2], "vm0");
  EXPECT_EQ(options[9], "\x09");
  EXPECT_EQ(options[11], std::string("\0arp", 4));
  EXPECT_FALSE(OptionsOf(blocks[2], 16).contains(11));
  // 4.3
  EXPECT_EQ(At<uint32_t>(blocks[3], 12), 0x11223344u);
  EXPECT_EQ(At<uint32_t>(blocks[3], 16), 0x55667788u);
  EXPECT_EQ(At<uint32_t>(blocks[3], 20), 61u);
  options = OptionsOf(blocks[3], 28 + 64);
  EXPECT_EQ(At<uint32_t>(options[2], 0), 1u);
  EXPECT_EQ(options.size(), 1u);
  options = OptionsOf(blocks[4], 28 + 60);
  EXPECT_EQ(options[1], "dropped: runt");
  EXPECT_EQ(At<uint32_t>(options[2], 0), 2u);
  EXPECT_EQ(At<uint64_t>(options[4], 0), 7u);
  // 4.6
  options = OptionsOf(blocks[5], 20);
  EXPECT_EQ(At<uint32_t>(options[3], 0), 2u);
  EXPECT_EQ(At<uint32_t>(options[3], 4), 0u);
  EXPECT_EQ(At<uint64_t>(options[5], 0), 7u);
  EXPECT_EQ(At<uint64_t>(options[6], 0), 8u);
  EXPECT_EQ(At<uint64_t>(options[8], 0), 1u);
}

TEST(PcapngTest, LibpcapReadsIt) {
  const TempFolder folder;
  const std::string path = folder / "capture.pcapng";
  std::ofstream(path) << Example();
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* const pcap =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  ASSERT_NE(pcap, nullptr) << error;
  EXPECT_EQ(pcap_datalink(pcap), DLT_EN10MB);
  std::vector<Bytes> read;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(pcap, &header, &data) == 1) {
    EXPECT_EQ(header->caplen, header->len);
    EXPECT_EQ(static_cast<uint64_t>(header->ts.tv_sec), 0x1122334455667788u / 1'000'000'000);
    read.emplace_back(data, data + header->caplen);
  }
  pcap_close(pcap);
  EXPECT_EQ(read, (std::vector<Bytes>{Bytes(61, 0xaa), Bytes(60, 0xbb)}));
}

TEST(CompileFilterTest, GivesAProgramOrLibpcapsWords) {
  EXPECT_EQ(*CompileFilter(""), "");
  EXPECT_EQ(*CompileFilter("arp"), "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0");
  EXPECT_TRUE(CompileFilter("vlan 10 and (tcp port 80 or ether[0] & 1 = 1)").ok());
  for (const char* wrong : {"tcp port", "(", "ether[", "port 99999999"}) {
    const auto program = CompileFilter(wrong);
    EXPECT_EQ(program.status().code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_NE(program.status().ToString().find("does not compile"), std::string::npos) << wrong;
  }
}

}  // namespace
}  // namespace vswitch
