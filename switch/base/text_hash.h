// A hash of text that is the same on every host and in every release: FNV-1a, 64 bits. For names of
// things, not against anybody who chooses the text. Thread-safety: pure function.
#ifndef VSWITCH_SWITCH_BASE_TEXT_HASH_H_
#define VSWITCH_SWITCH_BASE_TEXT_HASH_H_

#include <cstdint>
#include <string_view>

namespace vswitch {

inline uint64_t TextHash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_TEXT_HASH_H_
