// A copy with a tag put in, taken out or changed is the frame that the sender would have built with
// such tags, offload header and all.
#include "bridge/wire/vlan_tag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "bridge/wire/offload_header.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

FrameBytes FrameOf(Bytes& bytes) {
  FrameBytes frame;
  frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
  return frame;
}

// Of a frame that lies in buffers of exactly its lengths, so that ASan sees any byte beyond them.
Bytes Edited(const Bytes& bytes, TagEdit edit, VlanTag tag) {
  Bytes head(bytes.begin(), bytes.begin() + std::min<ptrdiff_t>(kHeadBytes, std::ssize(bytes)));
  Bytes body(bytes.begin() + std::ssize(head), bytes.end());
  FrameBytes frame = FrameOf(head);
  frame.body = body.data();
  frame.length = static_cast<uint32_t>(bytes.size());
  Bytes edited(kMaxEditedHeadBytes);
  edited.resize(WriteEditedHead(frame, edit, tag, edited.data()));
  EXPECT_EQ(edited.size(), EditedBytes(frame.head_length, edit));
  EXPECT_EQ(head, Bytes(bytes.begin(), bytes.begin() + std::ssize(head)))
      << "the frame has changed";
  edited.insert(edited.end(), body.begin(), body.end());
  return edited;
}

// Everything that a sender may leave for later, at lengths on both sides of where a head ends.
std::vector<std::pair<std::string, FrameBuilder>> Frames() {
  std::vector<std::pair<std::string, FrameBuilder>> frames = {{"the shortest", {}}};
  frames[0].second.Payload(0);
  for (const size_t payload : {1, 46, 94, 98, 99, 100, 101, 102, 103, 104, 106, 1500, 9000}) {
    const std::string bytes = std::to_string(payload);
    frames.emplace_back("plain " + bytes, FrameBuilder().Payload(payload));
    for (const bool ipv6 : {false, true}) {
      const Flow flow{.ipv6 = ipv6};
      const std::string name = (ipv6 ? " v6 " : " v4 ") + bytes;
      frames.emplace_back("UDP" + name, FrameBuilder().Udp(flow, payload).LeaveChecksum());
      frames.emplace_back("TCP" + name, FrameBuilder().Tcp(flow, payload, 32).LeaveChecksum());
      frames.emplace_back("TSO" + name, FrameBuilder().Tcp(flow, payload, 60).Gso(1000));
      frames.emplace_back("USO" + name, FrameBuilder().Udp(flow, payload).Gso(1000));
    }
  }
  frames.emplace_back("TSO, the longest", FrameBuilder().Tcp({}, 65'495).Gso(1448));
  return frames;
}

// What came before is outside, as FrameBuilder::Tag() adds inside.
Bytes Tagged(const FrameBuilder& frame, const std::vector<VlanTag>& tags) {
  FrameBuilder tagged = frame;
  for (const VlanTag& tag : tags) {
    tagged.Tag(tag.tci & 0x1fff, tag.tpid, static_cast<uint8_t>(tag.tci >> 13));
  }
  return tagged.Build();
}

TEST(VlanTagTest, ACopyIsWhatTheSenderWouldHaveBuilt) {
  const VlanTag customer{kCustomerTpid, 0xa00a};
  const VlanTag service{kServiceTpid, 0x1fff};
  const VlanTag other{kCustomerTpid, 0xe064};
  struct Case {
    std::string description;
    std::vector<VlanTag> before;
    TagEdit edit;
    VlanTag tag;
    std::vector<VlanTag> after;
  };
  const std::vector<Case> cases = {
      {"a first tag", {}, TagEdit::kPush, customer, {customer}},
      {"a tag of a tunnel", {customer}, TagEdit::kPush, service, {service, customer}},
      {"a third", {customer, other}, TagEdit::kPush, service, {service, customer, other}},
      {"the only tag", {customer}, TagEdit::kPop, {}, {}},
      {"the outer tag", {service, customer}, TagEdit::kPop, {}, {customer}},
      {"another VID", {customer}, TagEdit::kReplace, other, {other}},
      {"another TPID", {service, customer}, TagEdit::kReplace, other, {other, customer}},
  };
  for (const auto& [name, frame] : Frames()) {
    for (const Case& c : cases) {
      const Bytes expected = Tagged(frame, c.after);
      EXPECT_EQ(Edited(Tagged(frame, c.before), c.edit, c.tag), expected)
          << name << ": " << c.description;
      Bytes copy = expected;
      const FrameBytes edited = FrameOf(copy);
      EXPECT_TRUE(IsPlainFrame(edited) || IsValidOffload(edited)) << name << ": " << c.description;
    }
  }
}

// virtio 1.2, 5.1.6.4.1: hdr_len is a hint. What matters is that none of these wraps around.
TEST(VlanTagTest, OffsetsThatTellNothingDoNotOverflow) {
  struct Case {
    std::string description;
    OffloadFields before;
    TagEdit edit;
    OffloadFields after;
  };
  const std::vector<Case> cases = {
      {"no hint", {.flags = 2}, TagEdit::kPush, {.flags = 2, .csum_start = 4}},
      {"a hint shorter than a tag",
       {.flags = 2, .hdr_len = 3, .csum_start = 2},
       TagEdit::kPop,
       {.flags = 2}},
      {"the longest hint",
       {.flags = 2, .hdr_len = 0xfffe, .csum_start = 0xffff},
       TagEdit::kPush,
       {.flags = 2, .hdr_len = 0xffff, .csum_start = 0xffff}},
      {"nothing left for later: nobody reads the rest",
       {.gso_size = 9, .csum_start = 60'000},
       TagEdit::kPush,
       {.gso_size = 9, .csum_start = 60'000}},
      {"the same length",
       {.flags = 1, .hdr_len = 42, .csum_start = 38, .csum_offset = 6},
       TagEdit::kReplace,
       {.flags = 1, .hdr_len = 42, .csum_start = 38, .csum_offset = 6}},
  };
  const VlanTag tag{kCustomerTpid, 7};
  for (const Case& c : cases) {
    FrameBuilder before = FrameBuilder().Offload(c.before).Payload(66'000);
    FrameBuilder after = FrameBuilder().Offload(c.after).Payload(66'000);
    if (c.edit != TagEdit::kPush) before.Tag(9);
    if (c.edit != TagEdit::kPop) after.Tag(7);
    EXPECT_EQ(Edited(before.Build(), c.edit, tag), after.Build()) << c.description;
  }
}

TEST(VlanTagTest, ReadsTheOutermostTags) {
  const auto read = [](Bytes bytes) {
    const FrameBytes frame = FrameOf(bytes);
    const TagStack stack = ReadTags(frame);
    return std::vector<VlanTag>(stack.tags.begin(),
                                stack.tags.begin() + static_cast<ptrdiff_t>(stack.count));
  };
  const VlanTag a{kCustomerTpid, 10};
  const VlanTag b{kServiceTpid, 0x6014};
  const VlanTag zero{kCustomerTpid, 0};
  EXPECT_EQ(read(Tagged({}, {})), std::vector<VlanTag>{});
  EXPECT_EQ(read(Tagged({}, {a})), std::vector<VlanTag>{a});
  EXPECT_EQ(read(Tagged({}, {b, a})), (std::vector{b, a}));
  EXPECT_EQ(read(Tagged({}, {a, zero, b})), (std::vector{a, zero, b}));
  EXPECT_EQ(read(Tagged({}, {a, zero, b, a})), (std::vector{a, zero, b}));
  EXPECT_EQ(read(FrameBuilder().Tag(10, 0x9100).Build()), std::vector<VlanTag>{});
  // An inner tag that is announced and cut off, then one behind which nothing comes.
  for (const size_t cut : {4, 3, 2, 1}) {
    Bytes bytes = FrameBuilder().Tag(10).Tag(20, kServiceTpid).Payload(0).Build();
    bytes.resize(bytes.size() - cut);
    const auto tci = static_cast<uint16_t>(cut > 2 ? 0 : 20);
    EXPECT_EQ(read(bytes), (std::vector{a, VlanTag{kServiceTpid, tci}})) << cut;
  }
}

}  // namespace
}  // namespace vswitch
