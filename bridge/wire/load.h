// Reads and writes integers in a frame's bytes, at any alignment. The caller has checked the
// bounds.
#ifndef VSWITCH_BRIDGE_WIRE_LOAD_H_
#define VSWITCH_BRIDGE_WIRE_LOAD_H_

#include <endian.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace vswitch {

// Network order: Ethernet.
inline uint16_t LoadBig16(const uint8_t* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be16toh(value);
}

inline void StoreBig16(uint8_t* bytes, uint16_t value) {
  value = htobe16(value);
  std::memcpy(bytes, &value, sizeof(value));
}

inline uint32_t LoadBig32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be32toh(value);
}

inline uint64_t LoadBig64(const uint8_t* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be64toh(value);
}

// The last `bytes` octets of `value`.
inline void AppendBig(uint64_t value, int bytes, std::vector<uint8_t>* to) {
  for (int i = bytes - 1; i >= 0; --i) to->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// Little endian: the virtio_net_hdr.
inline uint16_t LoadLittle16(const uint8_t* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return le16toh(value);
}

inline void StoreLittle16(uint8_t* bytes, uint16_t value) {
  value = htole16(value);
  std::memcpy(bytes, &value, sizeof(value));
}

inline uint32_t LoadLittle32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return le32toh(value);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_LOAD_H_
