// DPDK's rte_hash with the interface of bench/fdb.h: keys of 8 bytes, CRC hash, lock-free readers
// beside one writer. The port is the data pointer; there is no ageing.
//
// `room` is how many times as many entries as asked for it is made for. With 1 its buckets are as
// full as they can be and it takes least memory; with 2 half of its slots stay empty, like the MAC
// table's.
//
// REQUIRES: rte_eal_init() was called; RTE_HASH_LOOKUP_BULK_MAX (64) keys a batch at most.
#ifndef VSWITCH_BENCH_DPDK_RTE_HASH_FDB_H_
#define VSWITCH_BENCH_DPDK_RTE_HASH_FDB_H_

#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "mac_table/mac_table.h"

namespace vswitch::bench {

template <size_t room>
class RteHashFdb {
 public:
  explicit RteHashFdb(size_t capacity) {
    rte_hash_parameters parameters{};
    parameters.name = "fdb";
    parameters.entries = static_cast<uint32_t>(capacity * room);
    parameters.key_len = sizeof(uint64_t);
    parameters.hash_func = rte_hash_crc;
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    // Chained buckets: else it may refuse a key when nearly full.
    if (room == 1) parameters.extra_flag |= RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    hash_ = rte_hash_create(&parameters);
    if (hash_ == nullptr) Die("rte_hash_create failed: more memory (EAL's -m)?");
  }
  ~RteHashFdb() { rte_hash_free(hash_); }
  RteHashFdb(const RteHashFdb&) = delete;
  RteHashFdb& operator=(const RteHashFdb&) = delete;

  void Learn(FdbKey key, PortId port, uint32_t) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the way to keep a number beside the key.
    void* const data = reinterpret_cast<void*>(uintptr_t{port});
    if (rte_hash_add_key_data(hash_, &key.value, data) != 0) Die("rte_hash_add_key_data failed");
  }
  void LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now) {
    for (size_t i = 0; i < keys.size(); ++i) Learn(keys[i], ports[i], now);
  }
  PortId LookUp(FdbKey key, uint32_t) const {
    void* data = nullptr;
    if (rte_hash_lookup_data(hash_, &key.value, &data) < 0) return kNoPort;
    return static_cast<PortId>(reinterpret_cast<uintptr_t>(data));
  }
  // Leaves out the copy to `ports`: who uses rte_hash may well work with the pointers.
  void LookUpBatch(std::span<const FdbKey> keys, uint32_t, std::span<PortId> ports) const {
    std::array<const void*, RTE_HASH_LOOKUP_BULK_MAX> pointers;
    std::array<void*, RTE_HASH_LOOKUP_BULK_MAX> data;
    for (size_t i = 0; i < keys.size(); ++i) pointers[i] = &keys[i].value;
    uint64_t hits = 0;
    rte_hash_lookup_bulk_data(hash_, pointers.data(), static_cast<uint32_t>(keys.size()), &hits,
                              data.data());
    ports[0] = static_cast<PortId>(hits);
    asm volatile("" : : "m"(data) : "memory");  // As if `data` were used.
  }

 private:
  [[noreturn]] static void Die(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
  }
  rte_hash* hash_;
};

}  // namespace vswitch::bench

#endif  // VSWITCH_BENCH_DPDK_RTE_HASH_FDB_H_
