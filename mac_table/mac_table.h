// The forwarding table (FDB) of one bridge: (VLAN, MAC) -> port.
//
// Place in the frame's path: bridge/learn.cc writes it, bridge/look_up.cc reads it, once per frame.
//
// Shape: a power-of-two array of 64-byte buckets, four entries each, two 64-bit words an entry:
//   key word  = MAC 48 | VLAN 12 | state 4
//   port word = port 16 | generation 16 | tick 20 | sticky 1 | tag 11
// There are two slots for each entry of the capacity. A key has two candidate buckets and, for the
// few keys that find both full, a group of four more (the hash is keyed by Options::seed). Nothing
// is allocated or reclaimed after construction. The algorithm, and the measurements that its
// parameters rest on, stand at the top of mac_table.cc.
//
// Thread-safety: every method may be called from any thread at any time, except the constructor and
// the destructor. Look-ups never block and never write; no other method waits for another thread
// either. mac_table_concurrency_test.cc holds each against each under TSan.
//
// Ownership: the table owns its memory, 32 to 64 bytes an entry of the capacity (the number of
// slots is a power of two) and 147 KB besides. Options::memory may say where. The table writes
// to it only where entries are, so that memory which comes by the page is taken by the page.
//
// Time: a tick is one second in the daemon, but the table only sees numbers; the caller passes
// `now`, which may wrap at 2^20 ticks (12 days), and sweeps the whole table at least once in 2^20 -
// kMaxTickSkew - ageing_ticks ticks. Threads may differ in `now` by up to kMaxTickSkew.
//
// Accepted anomalies, each harmless because an unknown destination is flooded and every frame of a
// station teaches its place again:
//  - a look-up that races with the replacement of its slot may miss;
//  - of threads that learn the same new key at once, each may see the other and give up;
//  - an entry that is refreshed in the very moment in which it is evicted or swept is lost;
//  - the entry count may pass the capacity by one per concurrently learning thread;
//  - a station that is learned in the moment in which its port becomes sticky is not sticky before
//    it is refreshed; one that is learned while static entries change may count against the table's
//    learn limit as if the change had not begun, or was over.
#ifndef VSWITCH_MAC_TABLE_MAC_TABLE_H_
#define VSWITCH_MAC_TABLE_MAC_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mac_table/fdb_key.h"
#include "mac_table/keyed_hash.h"

namespace vswitch {

// An entry whose tick lies up to this far ahead of the caller's `now` counts as just seen.
inline constexpr uint32_t kMaxTickSkew = 1024;
// As ageing_ticks: learned entries stay until they are flushed, evicted or removed.
inline constexpr uint32_t kNeverAges = 0xffffffff;

namespace mac_table_internal {  // mac_table_layout.h
// How many counters the groups of spill buckets share. With 4,096, a quarter of the look-ups that
// miss in the largest table would read a whole group for nothing, and take twice the time.
inline constexpr size_t kSpillCounters = 1 << 15;
struct Arrays;
struct Bucket;
struct Entry;
struct EntryView;
struct Place;
struct Victim;
}  // namespace mac_table_internal

// Memory that reads as zero, aligned to 64 bytes; null when it is not to be had.
using ZeroedMemory = std::shared_ptr<void>;
// The C library's, aligned to a huge page if it is as large as one.
ZeroedMemory AllocateZeroed(size_t bytes);

enum class FdbEntryKind : uint8_t {
  kLearned,
  kStatic,
  // A learned one that does not move: it ages and is refreshed, flushed and evicted like any other.
  kSticky,
};

struct FdbEntry {
  FdbKey key;
  PortId port = kNoPort;
  FdbEntryKind kind = FdbEntryKind::kLearned;
  uint32_t age_ticks = 0;  // Since the source was last seen; 0 for a static entry.
};

enum class LearnResult : uint8_t {
  // Same port as before; the tick was stored only if it had changed. Also when other threads
  // learned the same key at this moment and got in first.
  kKnown,
  // A new entry (possibly after evicting another: see stats().evicted), or one that had expired or
  // had been flushed and is known again.
  kLearned,
  // The source changed its port.
  kMoved,
  // A static entry, or a sticky one that has not expired, names another port; the table did not
  // change.
  kPinned,
  // No entry could be made or evicted: everything in reach is static, or belongs to ports that hold
  // less than half as much as this one.
  kFull,
  // The port, or the table, has as many learned entries as it may; the table did not change: a
  // station that is known elsewhere stays there.
  kLimited,
};

// A station that changed its port.
struct FdbMove {
  FdbKey key;
  PortId from = kNoPort;
  PortId to = kNoPort;
};

class MacTable {
 public:
  struct Options {
    // Entries, kMinFdbEntries to kMaxFdbEntries.
    size_t capacity = kDefaultFdbEntries;
    // 1 to kMaxAgeingSeconds, or kNeverAges.
    uint32_t ageing_ticks = kDefaultAgeingSeconds;
    // Keys the hash: random in the daemon, fixed in tests.
    uint64_t seed = 0;
    // MemoryBytes(capacity) of it, zeroed, for the table's whole life. Null: from the heap, which
    // throws std::bad_alloc when there is none.
    ZeroedMemory memory;
  };

  struct Stats {
    size_t entries = 0;  // Learned and static, expired ones that are not swept yet included.
    size_t static_entries = 0;
    size_t capacity = 0;
    // Since construction. An entry is counted out when it is freed or learned again, not when it
    // expires; so at rest
    //   learned = entries - static_entries + aged_out + flushed + evicted + removed.
    uint64_t learned = 0;  // AddSticky's too.
    uint64_t moved = 0;
    uint64_t aged_out = 0;
    uint64_t flushed = 0;
    uint64_t evicted = 0;        // Before their time; expired entries that make room are aged_out.
    uint64_t removed = 0;        // By Remove and RemovePort, or replaced by an added one.
    uint64_t learn_failed = 0;   // kFull.
    uint64_t learn_limited = 0;  // kLimited.
  };

  // What is special about learning on a port.
  struct PortRules {
    // How many learned entries it may have, expired ones that are not swept yet included; 0: any
    // number.
    uint32_t learn_limit = 0;
    // What is learned here does not move.
    bool sticky = false;
    friend bool operator==(const PortRules&, const PortRules&) = default;
  };

  explicit MacTable(const Options& options);
  static size_t MemoryBytes(size_t capacity);
  MacTable(const MacTable&) = delete;
  MacTable& operator=(const MacTable&) = delete;

  // Records that `key` was seen as a source on `port`. Stores nothing when port, generation and
  // tick are unchanged, so that the lines of a converged table stay shared between caches.
  //
  // When the table holds `capacity` entries, or all of the key's buckets are full, an expired or
  // flushed entry makes room, else the oldest one in reach of the port that holds most (fair
  // between ports under a MAC flood), but never one of a port that holds less than half as much.
  //
  // REQUIRES: key's MAC is unicast and not zero; port < kMaxPorts.
  LearnResult Learn(FdbKey key, PortId port, uint32_t now);

  // The same for many keys, in their order: keys[i] was seen on ports[i]. Lines are prefetched well
  // before they are read, which makes new addresses three times as fast as one by one.
  // `moves`, when somebody asks, gets what has moved appended, in the order of the keys.
  // REQUIRES: they are of one size; `results` may be empty instead, when nobody asks.
  void LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now,
                  std::span<LearnResult> results = {}, std::vector<FdbMove>* moves = nullptr);

  // The port of `key`, or kNoPort when unknown, expired or flushed.
  PortId LookUp(FdbKey key, uint32_t now) const;

  // The same for many keys. Lines are prefetched well before they are read.
  // REQUIRES: ports.size() >= keys.size().
  void LookUpBatch(std::span<const FdbKey> keys, uint32_t now, std::span<PortId> ports) const;

  // The whole entry, as ForEach would show it; nullopt when LookUp would answer kNoPort.
  std::optional<FdbEntry> Get(FdbKey key, uint32_t now) const;

  // Whether `key` has a static entry at `port`.
  bool IsStaticAt(FdbKey key, PortId port) const;

  // Adds a static entry or replaces whatever `key` has. A static entry neither ages nor moves nor
  // is flushed nor evicted. A learned entry is evicted for it if need be. False when there is no
  // room: every entry, or every one in the key's own buckets, is static.
  //
  // REQUIRES: key's MAC is not zero; port < kMaxPorts.
  bool AddStatic(FdbKey key, PortId port, uint32_t now);
  // Likewise a sticky one, just seen, whatever the learn limits say; it counts for them.
  bool AddSticky(FdbKey key, PortId port, uint32_t now);
  // An entry of the kind that `entry` has, last seen at `seen`: by AddStatic, AddSticky or Learn.
  void Put(const FdbEntry& entry, uint32_t seen);

  // Removes the entry of `key`, learned or static; false when there was none, expired or not.
  bool Remove(FdbKey key);

  // Forgets the learned entries of a port, a VLAN, or all. O(1): a generation is bumped; stale
  // entries read as unknown at once and are freed by Sweep, which must have passed over the whole
  // table at least once in any 65,535 flushes (the generations are 16 bits wide).
  void FlushPort(PortId port);
  void FlushVlan(VlanId vlan);
  void FlushAll();
  // Forgets the learned entries of `port` in `vlan`. O(slots).
  void FlushPortVlan(PortId port, VlanId vlan);
  // Forgets the learned entries of an address: in all VLANs or one, wherever it is or only at
  // `port`. O(VLANs).
  void FlushMac(MacAddress mac, std::optional<VlanId> vlan, PortId port = kNoPort);
  // Removes every entry of the port, static ones included, so that its id can be used again.
  // O(slots), or O(1) when the table is empty. REQUIRES: no thread learns on `port` or adds static
  // entries to it any more. Its rules and moves() go too.
  void RemovePort(PortId port);

  // Frees expired and flushed entries in the next `buckets` buckets (at most all) after the place
  // where the last call stopped. Returns how many entries were freed. Where nothing ages, it keeps
  // the ages of old entries from wrapping.
  size_t Sweep(uint32_t now, size_t buckets);
  size_t bucket_count() const;

  // Calls `visit` for every entry that LookUp would find, in no order, while others read and write.
  // An entry that exists during the whole call is visited once, unless it is replaced meanwhile.
  void ForEach(uint32_t now, const std::function<void(const FdbEntry&)>& visit) const;

  // Takes effect for present entries too.
  void SetAgeing(uint32_t ageing_ticks);
  // Of the learned entries of all ports together; 0: none but the capacity. A lower one than there
  // are entries takes none away. What expired or was flushed counts until it is swept.
  void SetLearnLimit(uint32_t limit);
  // Present entries become sticky, or cease to be, also those of AddSticky. O(slots) when that
  // changes.
  void SetPortRules(PortId port, const PortRules& rules);

  // Counters are read one by one: exact only while nobody writes.
  Stats stats() const;
  // Whether the table, or a port, has or had rules of learning.
  bool has_rules() const { return has_rules_.load(std::memory_order_relaxed); }
  // How many learned entries name the port, expired ones that are not swept yet included.
  size_t port_entries(PortId port) const;
  // Those of all ports, and how many stations have moved to one.
  size_t learned_entries() const;
  uint64_t port_moves(PortId port) const;

 private:
  using Arrays = mac_table_internal::Arrays;
  using Bucket = mac_table_internal::Bucket;
  using Entry = mac_table_internal::Entry;
  using EntryView = mac_table_internal::EntryView;
  using Place = mac_table_internal::Place;
  using Victim = mac_table_internal::Victim;
  friend class MacTableTestPeer;  // mac_table_race_test.cc

  enum class InsertResult { kDone, kFull, kLimited, kLostRace };
  // Why a learned entry leaves: the counter that takes it.
  enum class Cause { kStale, kFlushed, kEvicted, kRemoved };

  // mac_table.cc: finding, reading, refreshing.
  Place PlaceOf(FdbKey key) const;
  bool Find(FdbKey key, const Place& place, EntryView* view) const;
  bool FindLate(FdbKey key, const Place& place, EntryView* view) const;
  PortId PortIfFresh(const EntryView& view, uint32_t now) const;
  PortId LookUpLate(FdbKey key, uint64_t hash, uint32_t now) const;
  uint16_t Generation(PortId port, VlanId vlan) const;
  bool IsExpired(const EntryView& view, uint32_t now) const;
  bool IsStale(const EntryView& view, uint32_t now) const;
  FdbEntry Describe(const EntryView& view, uint32_t now) const;
  bool IsUnchanged(const EntryView& view, PortId port, uint32_t now) const;
  LearnResult LearnAt(uint64_t hash, FdbKey key, PortId port, uint32_t now,
                      std::vector<FdbMove>* moves);
  LearnResult LearnChange(const Place& place, FdbKey key, PortId port, uint32_t now,
                          std::vector<FdbMove>* moves);
  std::optional<LearnResult> Refresh(const EntryView& view, PortId port, uint32_t now);

  // mac_table_insert.cc: taking a slot and giving it back.
  bool Add(FdbKey key, PortId port, FdbEntryKind kind, uint32_t now);
  InsertResult Insert(FdbKey key, const Place& place, PortId port, FdbEntryKind kind, uint32_t now);
  Entry* Claim(FdbKey key, const Place& place, uint32_t now, int32_t weight);
  Entry* ClaimIn(size_t bucket, FdbKey key);
  Entry* ClaimSpill(FdbKey key, const Place& place);
  void Unclaim(Entry* entry, const Place& place);
  bool HasRival(FdbKey key, const Place& place, const Entry* own) const;
  bool DefeatRivals(FdbKey key, const Place& place, const Entry* own, uint32_t now);
  bool Publish(Entry* entry, FdbKey key, PortId port, FdbEntryKind kind, uint32_t now);
  bool Free(const EntryView& view, Cause cause, uint32_t now);
  int32_t CountIn(PortId port, FdbEntryKind kind);
  void CountOut(PortId port, FdbEntryKind kind);
  void CountOutOfSpill(const Entry* entry, const Place& place);
  void CountCause(const EntryView& view, Cause cause, uint32_t now);

  // mac_table_evict.cc: making room.
  bool EvictFromReach(const Place& place, uint32_t now, int32_t weight);
  bool EvictAnywhere(const Place& place, uint32_t now, int32_t weight);
  void Consider(const Bucket& bucket, uint32_t now, Victim* victim) const;

  // mac_table_rules.cc: what is special about a port or about all of them. Asked only in tables
  // that have such rules.
  bool IsBeyondLimits(PortId port, int32_t entries) const;
  bool IsBeyondPortLimit(PortId port, int32_t entries) const;
  LearnResult AskRules(const EntryView& view, PortId port, bool stale);
  uint64_t StickyAfter(const EntryView& view, PortId port, bool stale) const;
  uint64_t StickyBit(PortId port) const;
  static void Tell(const FdbMove& move, std::vector<FdbMove>* moves);
  void MakeSticky(PortId port, bool sticky);

  // mac_table_upkeep.cc.
  bool IsEmpty() const;
  void FlushKey(FdbKey key, PortId port);
  template <typename Predicate>
  size_t FreeWhere(size_t first, size_t count, Cause cause, uint32_t now, Predicate predicate);

  // ---- Written by the control plane only; every look-up reads them ----
  const size_t capacity_;
  const size_t mask_;  // Buckets - 1.
  const KeyedHash hash_;
  // Holds the next two.
  const ZeroedMemory memory_;
  Bucket* const buckets_;
  Arrays* const arrays_;
  // These publish nothing but themselves, so relaxed loads (IsExpired, Generation) pair with
  // relaxed stores (SetAgeing, FlushAll).
  std::atomic<uint32_t> ageing_ticks_;
  std::atomic<uint16_t> all_generation_{0};
  // Whether a port has rules, the table a limit, or an entry was added as sticky: else nobody need
  // look. Never becomes false.
  std::atomic<bool> has_rules_{false};
  // 0: none.
  std::atomic<uint32_t> learn_limit_{0};

  // ---- Written when an entry comes, goes or moves ----
  // Counters publish nothing; all of them are relaxed.
  struct alignas(64) Counters {
    std::atomic<size_t> entries{0};
    std::atomic<size_t> static_entries{0};
    std::atomic<uint64_t> learned{0};
    std::atomic<uint64_t> moved{0};
    std::atomic<uint64_t> aged_out{0};
    std::atomic<uint64_t> flushed{0};
    std::atomic<uint64_t> evicted{0};
    std::atomic<uint64_t> removed{0};
    std::atomic<uint64_t> learn_failed{0};
    std::atomic<uint64_t> learn_limited{0};
  };
  Counters counters_;
  // Where eviction and Sweep go on. Relaxed: two threads may well meet in one bucket.
  alignas(64) std::atomic<size_t> eviction_hand_{0};
  std::atomic<size_t> sweep_hand_{0};
};

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_MAC_TABLE_H_
