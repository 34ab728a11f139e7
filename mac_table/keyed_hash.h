// The hash that places an FDB key. Keyed, so that a guest that chooses its MAC addresses cannot
// choose their buckets: a flood of colliding addresses would need the seed.
//
// Two rounds of a 64 x 64 -> 128-bit multiplication, its halves folded together, between secret
// numbers (the folded multiply of wyhash and of Abseil's hash). One round is not enough: under one
// seed in six it piled up the addresses of one vendor, which differ by a constant, with up to 30
// times as many collisions as chance. keyed_hash_test.cc holds two rounds to chance. Immutable,
// safe in any thread.
#ifndef VSWITCH_MAC_TABLE_KEYED_HASH_H_
#define VSWITCH_MAC_TABLE_KEYED_HASH_H_

#include <cstdint>

namespace vswitch {

class KeyedHash {
 public:
  explicit KeyedHash(uint64_t seed)
      : add_(Draw(&seed)), multiply_(Draw(&seed) | 1), finish_(Draw(&seed) | 1) {}

  uint64_t operator()(uint64_t value) const {
    return Fold(Fold(value ^ add_, multiply_) ^ add_, finish_);
  }

 private:
  static uint64_t Fold(uint64_t a, uint64_t b) {
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  // SplitMix64 (Steele, Lea, Flood 2014): turns any seed, even 0 or 1, into well mixed numbers.
  static uint64_t Draw(uint64_t* seed) {
    uint64_t x = *seed += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }

  uint64_t add_;
  uint64_t multiply_;
  uint64_t finish_;
};

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_KEYED_HASH_H_
