#include "tests/frame_builder.h"

#include <cstdio>
#include <cstdlib>

namespace vswitch {
namespace {

constexpr uint8_t kProtocolTcp = 6;
constexpr uint8_t kProtocolUdp = 17;

void AppendBig16(std::vector<uint8_t>& bytes, uint32_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}

void AppendBig32(std::vector<uint8_t>& bytes, uint32_t value) {
  AppendBig16(bytes, value >> 16);
  AppendBig16(bytes, value & 0xffff);
}

void AppendMac(std::vector<uint8_t>& bytes, MacAddress mac) {
  bytes.resize(bytes.size() + 6);
  mac.ToBytes(bytes.data() + bytes.size() - 6);
}

// The Internet checksum's sum (RFC 1071), not yet folded and complemented.
uint32_t Sum(const std::vector<uint8_t>& bytes, size_t begin, size_t end) {
  uint32_t sum = 0;
  for (size_t i = begin; i < end; ++i) sum += (i - begin) % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

uint16_t Fold(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

void PutBig16(std::vector<uint8_t>& bytes, size_t at, uint16_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}

void AppendIpV6Address(std::vector<uint8_t>& bytes, uint32_t number) {
  bytes.push_back(0xfd);
  bytes.insert(bytes.end(), 11, 0);
  AppendBig32(bytes, number);
}

void AppendPattern(std::vector<uint8_t>& bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(i));
}

}  // namespace

MacAddress Station(uint32_t number) { return {uint64_t{0x020000000000} | (number & 0xffffff)}; }

MacAddress Mac(std::string_view text) {
  const std::optional<MacAddress> mac = MacAddress::Parse(text);
  if (!mac) {
    std::fprintf(stderr, "not a MAC address: %.*s\n", static_cast<int>(text.size()), text.data());
    std::abort();
  }
  return *mac;
}

std::vector<uint8_t> OffloadBytes(const OffloadFields& fields) {
  std::vector<uint8_t> bytes = {fields.flags, fields.gso_type};
  for (uint16_t field : {fields.hdr_len, fields.gso_size, fields.csum_start, fields.csum_offset,
                         fields.num_buffers}) {
    bytes.push_back(static_cast<uint8_t>(field));
    bytes.push_back(static_cast<uint8_t>(field >> 8));
  }
  return bytes;
}

FrameBuilder& FrameBuilder::From(MacAddress source) {
  source_ = source;
  return *this;
}

FrameBuilder& FrameBuilder::To(MacAddress destination) {
  destination_ = destination;
  return *this;
}

FrameBuilder& FrameBuilder::Tag(uint16_t vid, uint16_t tpid, uint8_t priority) {
  tags_.push_back({tpid, static_cast<uint16_t>(priority << 13 | (vid & 0x1fff))});
  return *this;
}

FrameBuilder& FrameBuilder::EtherType(uint16_t type) {
  type_ = type;
  return *this;
}

FrameBuilder& FrameBuilder::Payload(size_t bytes) {
  body_ = Body::kPattern;
  payload_bytes_ = bytes;
  return *this;
}

FrameBuilder& FrameBuilder::ArpRequest(uint32_t sender_ip, uint32_t target_ip) {
  body_ = Body::kArp;
  type_ = 0x0806;
  arp_operation_ = 1;
  flow_.source_ip = sender_ip;
  flow_.destination_ip = target_ip;
  return *this;
}

FrameBuilder& FrameBuilder::ArpReply(uint32_t sender_ip, uint32_t target_ip) {
  ArpRequest(sender_ip, target_ip);
  arp_operation_ = 2;
  return *this;
}

FrameBuilder& FrameBuilder::Udp(const Flow& flow, size_t payload_bytes) {
  body_ = Body::kUdp;
  type_ = flow.ipv6 ? 0x86dd : 0x0800;
  flow_ = flow;
  payload_bytes_ = payload_bytes;
  transport_bytes_ = 8;
  return *this;
}

FrameBuilder& FrameBuilder::Tcp(const Flow& flow, size_t payload_bytes, size_t header_bytes) {
  Udp(flow, payload_bytes);
  body_ = Body::kTcp;
  transport_bytes_ = header_bytes;
  return *this;
}

FrameBuilder& FrameBuilder::LeaveChecksum() {
  leave_checksum_ = true;
  return *this;
}

FrameBuilder& FrameBuilder::Gso(uint16_t gso_size) {
  gso_size_ = gso_size;
  return LeaveChecksum();
}

FrameBuilder& FrameBuilder::Offload(const OffloadFields& fields) {
  offload_ = fields;
  return *this;
}

OffloadFields FrameBuilder::offload() const {
  if (offload_) return *offload_;
  OffloadFields fields;
  if (!leave_checksum_) return fields;
  fields.flags = 1;
  fields.csum_start = static_cast<uint16_t>(transport_offset());
  fields.csum_offset = checksum_offset();
  if (gso_size_ != 0) {
    fields.gso_type = body_ == Body::kUdp ? 5 : flow_.ipv6 ? 4 : 1;
    fields.gso_size = gso_size_;
    fields.hdr_len = static_cast<uint16_t>(transport_offset() + transport_bytes_);
  }
  return fields;
}

void FrameBuilder::AppendArp(std::vector<uint8_t>& bytes) const {
  AppendBig16(bytes, 1);       // Hardware: Ethernet.
  AppendBig16(bytes, 0x0800);  // Protocol: IPv4.
  bytes.push_back(6);
  bytes.push_back(4);
  AppendBig16(bytes, arp_operation_);
  AppendMac(bytes, source_);
  AppendBig32(bytes, flow_.source_ip);
  AppendMac(bytes, arp_operation_ == 1 ? MacAddress{} : destination_);
  AppendBig32(bytes, flow_.destination_ip);
}

void FrameBuilder::AppendIp(std::vector<uint8_t>& bytes) const {
  const uint8_t protocol = body_ == Body::kTcp ? kProtocolTcp : kProtocolUdp;
  const size_t length = transport_bytes_ + payload_bytes_;
  if (flow_.ipv6) {
    AppendBig32(bytes, 0x60000000);
    AppendBig16(bytes, static_cast<uint32_t>(length));
    bytes.push_back(protocol);
    bytes.push_back(64);
    AppendIpV6Address(bytes, flow_.source_ip);
    AppendIpV6Address(bytes, flow_.destination_ip);
    return;
  }
  const size_t start = bytes.size();
  AppendBig16(bytes, 0x4500);
  AppendBig16(bytes, static_cast<uint32_t>(20 + length));
  AppendBig32(bytes, 0x00004000);  // Identification 0, do not fragment.
  bytes.push_back(64);
  bytes.push_back(protocol);
  AppendBig16(bytes, 0);
  AppendBig32(bytes, flow_.source_ip);
  AppendBig32(bytes, flow_.destination_ip);
  PutBig16(bytes, start + 10, static_cast<uint16_t>(~Fold(Sum(bytes, start, bytes.size()))));
}

void FrameBuilder::AppendTransport(std::vector<uint8_t>& bytes) const {
  const size_t start = bytes.size();
  const auto length = static_cast<uint32_t>(transport_bytes_ + payload_bytes_);
  AppendBig16(bytes, flow_.source_port);
  AppendBig16(bytes, flow_.destination_port);
  if (body_ == Body::kUdp) {
    AppendBig16(bytes, length);
    AppendBig16(bytes, 0);
  } else {
    AppendBig32(bytes, 1);  // Sequence number.
    AppendBig32(bytes, 1);  // Acknowledgement.
    bytes.push_back(static_cast<uint8_t>(transport_bytes_ / 4 << 4));
    bytes.push_back(0x10);       // ACK.
    AppendBig16(bytes, 0xffff);  // Window.
    AppendBig32(bytes, 0);       // Checksum, urgent pointer.
    bytes.resize(start + transport_bytes_, 1);
  }
  AppendPattern(bytes, payload_bytes_);

  // RFC 768, RFC 9293, RFC 8200: the pseudo header's sum, then that of all the rest.
  std::vector<uint8_t> pseudo;
  if (flow_.ipv6) {
    AppendIpV6Address(pseudo, flow_.source_ip);
    AppendIpV6Address(pseudo, flow_.destination_ip);
  } else {
    AppendBig32(pseudo, flow_.source_ip);
    AppendBig32(pseudo, flow_.destination_ip);
  }
  AppendBig32(pseudo, length);
  AppendBig32(pseudo, body_ == Body::kTcp ? kProtocolTcp : kProtocolUdp);
  const uint16_t partial = Fold(Sum(pseudo, 0, pseudo.size()));
  uint16_t checksum = partial;
  if (!leave_checksum_) {
    checksum = static_cast<uint16_t>(~Fold(partial + Fold(Sum(bytes, start, bytes.size()))));
    // A UDP checksum of 0 would mean that there is none.
    if (checksum == 0 && body_ == Body::kUdp) checksum = 0xffff;
  }
  PutBig16(bytes, start + checksum_offset(), checksum);
}

std::vector<uint8_t> FrameBuilder::BuildEthernet() const {
  std::vector<uint8_t> bytes;
  AppendMac(bytes, destination_);
  AppendMac(bytes, source_);
  for (const VlanTag& tag : tags_) {
    AppendBig16(bytes, tag.tpid);
    AppendBig16(bytes, tag.tci);
  }
  AppendBig16(bytes, type_);
  switch (body_) {
    case Body::kPattern:
      AppendPattern(bytes, payload_bytes_);
      break;
    case Body::kArp:
      AppendArp(bytes);
      break;
    case Body::kUdp:
    case Body::kTcp:
      AppendIp(bytes);
      AppendTransport(bytes);
      break;
  }
  return bytes;
}

std::vector<uint8_t> FrameBuilder::Build() const {
  std::vector<uint8_t> bytes = OffloadBytes(offload());
  const std::vector<uint8_t> ethernet = BuildEthernet();
  bytes.insert(bytes.end(), ethernet.begin(), ethernet.end());
  return bytes;
}

}  // namespace vswitch
