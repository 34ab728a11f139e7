// Layout B of the forwarding table, a prototype to hold against MacTable (layout A): one 64-bit
// word an entry, eight entries a cache line. It has what the comparison needs, not what a switch
// needs: learn, look up, age. The comparison and its verdict stand in mac_table/mac_table.cc.
//
// How: a bijection mixes the 60 bits of the key. Its low b bits number the primary bucket of 2^b,
// so an entry need not keep them: the rest, 60 - b bits, and the bucket in which it stands give the
// key back. The secondary bucket is the primary one XOR a hash of the rest, and a bit says that an
// entry stands there. An entry is
//   rest 60 - b | port 12 | tick b - 10 | secondary 1 | live 1
// There are two slots for each entry of the capacity, as in layout A; a key goes to its primary
// bucket while that has fewer than kPreferPrimaryBelow of eight, then to the emptier of the two.
//
// What it gains: half of the memory; an entry is read, moved and refreshed by one load or
// compare-exchange, so there are no torn reads and nothing to prevent them.
//
// What it cannot do, for lack of bits:
//  - O(1) flushes: there is no generation in the entry; a flush of a port or VLAN visits all slots;
//  - small tables: fewer than 2^16 buckets (4 MB) leave fewer than 6 bits of tick;
//  - fine ageing: with 2^18 buckets (2^20 entries) 8 bits of tick, so 2 seconds at least for 300;
//  - 16-bit ports, static entries, a version: every bit is taken;
//  - a hash as strong as KeyedHash, since it must be a bijection.
// What it does not do, though it could: spill groups, eviction, one entry for a key that two
// threads learn at once (a claim must be visible before the entry is, which takes a state).
//
// Thread-safety: any method from any thread, but for that last point.
#ifndef VSWITCH_BENCH_SINGLE_WORD_TABLE_H_
#define VSWITCH_BENCH_SINGLE_WORD_TABLE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include "bench/fdb.h"
#include "mac_table/mac_table.h"

namespace vswitch::bench {

class SingleWordTable {
 public:
  explicit SingleWordTable(size_t capacity)
      : bits_(std::max(kMinBits, static_cast<int>(std::bit_width(2 * capacity / kSlots - 1)))),
        tick_mask_((uint64_t{1} << (bits_ - 10)) - 1),
        // The ageing time is three quarters of what the tick can tell apart.
        max_age_(tick_mask_ / 4 * 3),
        buckets_(Allocate(size_t{1} << bits_)) {}

  void Learn(FdbKey key, PortId port, uint32_t now) { LearnAt(Mix(key), port, now); }

  // As MacTable::LearnBatch does it.
  void LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now) {
    std::array<uint64_t, kAhead> mixed;
    constexpr size_t kStep = kAhead / 2;
    for (size_t i = 0; i < keys.size() + 2 * kStep; ++i) {
      if (i >= 2 * kStep) LearnAt(mixed[i % kAhead], ports[i - 2 * kStep], now);
      if (i >= kStep && i - kStep < keys.size()) {
        const uint64_t key = mixed[(i - kStep) % kAhead];
        uint64_t word;
        if (FindIn(Primary(key), Rest(key), &word) == nullptr) __builtin_prefetch(Secondary(key));
      }
      if (i < keys.size()) {
        mixed[i % kAhead] = Mix(keys[i]);
        __builtin_prefetch(Primary(mixed[i % kAhead]));
      }
    }
  }

  PortId LookUp(FdbKey key, uint32_t now) const {
    const uint64_t mixed = Mix(key);
    uint64_t word;
    if (FindIn(Primary(mixed), Rest(mixed), &word)) return PortIfFresh(word, now);
    return LookUpLate(mixed, now);
  }

  // As MacTable::LookUpBatch does it.
  void LookUpBatch(std::span<const FdbKey> keys, uint32_t now, std::span<PortId> ports) const {
    constexpr size_t kBlock = 64;
    std::array<uint64_t, kAhead> mixed;
    const auto start = [&](size_t i) {
      mixed[i % kAhead] = Mix(keys[i]);
      __builtin_prefetch(Primary(mixed[i % kAhead]));
    };
    for (size_t i = 0; i < std::min(kAhead, keys.size()); ++i) start(i);
    struct Late {
      size_t index;
      uint64_t mixed;
    };
    std::array<Late, kBlock> late;
    for (size_t block = 0; block < keys.size(); block += kBlock) {
      size_t late_count = 0;
      for (size_t i = block; i < std::min(block + kBlock, keys.size()); ++i) {
        const uint64_t key = mixed[i % kAhead];
        if (i + kAhead < keys.size()) start(i + kAhead);
        uint64_t word;
        if (FindIn(Primary(key), Rest(key), &word)) {
          ports[i] = PortIfFresh(word, now);
        } else {
          __builtin_prefetch(Secondary(key));
          late[late_count++] = {i, key};
        }
      }
      for (const Late& one : std::span(late).first(late_count)) {
        ports[one.index] = LookUpLate(one.mixed, now);
      }
    }
  }

  void Age(uint32_t now) {
    for (size_t i = 0; i < size_t{1} << bits_; ++i) {
      for (std::atomic<uint64_t>& slot : buckets_[i].slots) {
        uint64_t word = slot.load(std::memory_order_relaxed);
        if (word != 0 && AgeOf(word, now) > max_age_) {
          slot.compare_exchange_strong(word, 0, std::memory_order_relaxed);
        }
      }
    }
  }

 private:
  static constexpr int kMinBits = 16;
  static constexpr size_t kSlots = 8;
  static constexpr int kPreferPrimaryBelow = 6;
  static constexpr size_t kAhead = 32;
  static constexpr uint64_t kLive = 1, kInSecondary = 2;
  static constexpr uint64_t kKeyMask = (uint64_t{1} << 60) - 1;

  // An entry says all about its key in one word: every access can be relaxed.
  struct alignas(64) Bucket {
    std::array<std::atomic<uint64_t>, kSlots> slots;
  };
  struct FreeBuckets {
    void operator()(Bucket* buckets) const { std::free(buckets); }
  };
  static Bucket* Allocate(size_t count) {
    const size_t bytes = count * sizeof(Bucket);
    void* const memory = std::aligned_alloc(std::min(bytes, size_t{2} << 20), bytes);
    if (memory == nullptr) throw std::bad_alloc();
    auto* const buckets = static_cast<Bucket*>(memory);
    std::uninitialized_value_construct_n(buckets, count);
    return buckets;
  }

  // Odd factors and shifts by half of the width, each of which can be undone in 60 bits.
  static uint64_t Mix(FdbKey key) {
    uint64_t x = (key.value ^ (kSeed * 0x9e3779b97f4a7c15)) & kKeyMask;
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & kKeyMask;
    x = ((x ^ x >> 29) * 0x94d049bb133111eb) & kKeyMask;
    return x ^ x >> 31;
  }
  // The rest of the key in its place in a word of the primary bucket, all other fields 0.
  uint64_t Rest(uint64_t mixed) const { return mixed >> bits_ << (bits_ + 4) | kLive; }
  // What a word has beside port and tick.
  uint64_t IdentityMask() const { return ~uint64_t{0} << (bits_ + 4) | kLive | kInSecondary; }
  Bucket* Primary(uint64_t mixed) const { return &buckets_[mixed & ((uint64_t{1} << bits_) - 1)]; }
  Bucket* Secondary(uint64_t mixed) const {
    const uint64_t jump = ((mixed >> bits_) * 0x9e3779b97f4a7c15 >> (64 - bits_)) | 1;
    return &buckets_[(mixed ^ jump) & ((uint64_t{1} << bits_) - 1)];
  }

  uint64_t Word(uint64_t identity, PortId port, uint32_t now) const {
    return identity | uint64_t{port} << (bits_ - 8) | (now & tick_mask_) << 2;
  }
  uint64_t AgeOf(uint64_t word, uint32_t now) const { return (now - (word >> 2)) & tick_mask_; }
  PortId PortIfFresh(uint64_t word, uint32_t now) const {
    return AgeOf(word, now) > max_age_ ? kNoPort : word >> (bits_ - 8) & 0xfff;
  }

  // The slot with this identity, whose word goes to `word`; null when there is none.
  std::atomic<uint64_t>* FindIn(Bucket* bucket, uint64_t identity, uint64_t* word) const {
    const uint64_t mask = IdentityMask();
    unsigned matches = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < kSlots; ++i) {
      const uint64_t one = bucket->slots[i].load(std::memory_order_relaxed);
      matches |= static_cast<unsigned>(((one ^ identity) & mask) == 0) << i;
    }
    if (matches == 0) return nullptr;
    std::atomic<uint64_t>& slot = bucket->slots[std::countr_zero(matches)];
    *word = slot.load(std::memory_order_relaxed);
    return ((*word ^ identity) & mask) == 0 ? &slot : nullptr;
  }

  [[gnu::noinline]] PortId LookUpLate(uint64_t mixed, uint32_t now) const {
    uint64_t word;
    const bool found = FindIn(Secondary(mixed), Rest(mixed) | kInSecondary, &word) != nullptr;
    return found ? PortIfFresh(word, now) : kNoPort;
  }

  void LearnAt(uint64_t mixed, PortId port, uint32_t now) {
    uint64_t identity = Rest(mixed);
    uint64_t word;
    std::atomic<uint64_t>* slot = FindIn(Primary(mixed), identity, &word);
    if (slot == nullptr) {
      slot = FindIn(Secondary(mixed), identity | kInSecondary, &word);
      if (slot == nullptr) return Insert(mixed, port, now);
      identity |= kInSecondary;
    }
    const uint64_t renewed = Word(identity, port, now);
    if (word != renewed) slot->compare_exchange_strong(word, renewed, std::memory_order_relaxed);
  }

  static int TakenSlots(const Bucket& bucket) {
    int taken = 0;
    for (const auto& slot : bucket.slots) taken += slot.load(std::memory_order_relaxed) != 0;
    return taken;
  }

  void Insert(uint64_t mixed, PortId port, uint32_t now) {
    Bucket* bucket = Primary(mixed);
    uint64_t identity = Rest(mixed);
    const int taken = TakenSlots(*bucket);
    if (taken >= kPreferPrimaryBelow && TakenSlots(*Secondary(mixed)) < taken) {
      bucket = Secondary(mixed);
      identity |= kInSecondary;
    }
    for (std::atomic<uint64_t>& slot : bucket->slots) {
      uint64_t empty = 0;
      if (slot.load(std::memory_order_relaxed) == 0 &&
          slot.compare_exchange_strong(empty, Word(identity, port, now),
                                       std::memory_order_relaxed)) {
        return;
      }
    }
  }

  const int bits_;
  const uint64_t tick_mask_;
  const uint64_t max_age_;
  const std::unique_ptr<Bucket[], FreeBuckets> buckets_;
};

}  // namespace vswitch::bench

#endif  // VSWITCH_BENCH_SINGLE_WORD_TABLE_H_
