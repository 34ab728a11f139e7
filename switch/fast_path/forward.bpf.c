// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fast path: a frame between two stations that the switch knows goes straight to its egress
// device; every other one goes to the port's twin, where a worker decides. All of it outlives the
// daemon: then those others are dropped.
//
// bpf_helpers.h needs the types of linux/bpf.h, so the formatter may not sort these:
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "shared.h"
#include "switch/base/frame_mark.h"
#include "vlan.bpf.h"
// clang-format on

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  // Each port's, and one more of each that has left it for another namespace.
  __uint(max_entries, 2 * FAST_PATH_PORTS);
  __type(key, __u32);
  __type(value, __u32);
} ports_by_ifindex SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FAST_PATH_PORTS);
  __type(key, __u32);
  __type(value, struct port_config);
} ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, FAST_PATH_PORTS);
  __type(key, __u32);
  __type(value, struct port_order);
} orders SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, FAST_PATH_PORTS);
  __type(key, __u32);
  __type(value, struct port_counters);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, FAST_PATH_STATIONS);
  __type(key, struct station_key);
  __type(value, struct station);
} stations SEC(".maps");

// Of ports that do not carry all VLANs.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, FAST_PATH_PORTS);
  __type(key, __u32);
  __type(value, struct vlan_set);
} trunks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct about);
} about SEC(".maps");

// Has hand_up in it while a daemon lives: the kernel empties such a map when the last process that
// has it open is gone. That is when the daemon's last thread has ended, and so has written all that
// it will ever write; its twins may be there for long after.
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} slow_path SEC(".maps");

// bridge/wire/offload_header.h: a frame of shorter segments is for a worker to look at.
#define MIN_TCP_SEGMENT 48
// Of what is longer a worker says that it was truncated.
#define MAX_FRAME_BYTES 65535

static __always_inline void copy_mac(__u8* to, const __u8* from) {
  __builtin_memcpy(to, from, ETH_ALEN);
}

static __always_inline int is_same_mac(const __u8* one, const __u8* other) {
  for (int i = 0; i < ETH_ALEN; ++i) {
    if (one[i] != other[i]) return 0;
  }
  return 1;
}

struct stations_of {
  struct station_key source;
  struct station_key destination;
};

// Who speaks to whom, by the rules of bridge/parse.h; false for what the fast path leaves alone.
static __always_inline int parse(struct __sk_buff* frame, const struct port_config* from,
                                 struct outer_tag* tag, struct stations_of* who) {
  const void* data = (const void*)(long)frame->data;
  const void* end = (const void*)(long)frame->data_end;
  const struct ethhdr* ethernet = data;
  if ((const void*)(ethernet + 1) > end) return 0;
  if (ethernet->h_dest[0] & 1 || ethernet->h_source[0] & 1) return 0;
  if (!read_tag(frame, ethernet, tag)) return 0;
  const __u16 vlan = vlan_of(from, tag);
  if (vlan == VLAN_ID_MASK) return 0;
  copy_mac(who->source.mac, ethernet->h_source);
  copy_mac(who->destination.mac, ethernet->h_dest);
  who->source.vlan = who->destination.vlan = vlan;
  who->source.bridge = who->destination.bridge = from->bridge;
  return 1;
}

static __always_inline __u32 now_s(void) { return bpf_ktime_get_coarse_ns() / 1000000000; }

static __always_inline int is_fresh(const struct station* station,
                                    const struct port_config* config) {
  return now_s() - station->seen < config->ageing_s;
}

// The port that a station is at, or NO_PORT.
static __always_inline __u32 port_of(const struct station* station,
                                     const struct port_config* config) {
  const __u64 where = station->where;
  if (where & STATION_STATIC) return STATION_PORT(where);
  if (where & (STATION_MOVED | STATION_PENDING)) return NO_PORT;
  return is_fresh(station, config) ? STATION_PORT(where) : NO_PORT;
}

// A worker drops what comes in by a port that does not carry its VLAN.
static __always_inline int carries(__u32 port, const struct port_config* config, __u16 vlan) {
  if (!(config->flags & PORT_HAS_TRUNKS)) return 1;
  const struct vlan_set* set = bpf_map_lookup_elem(&trunks, &port);
  return set && set->words[vlan / 64 % VLAN_SET_WORDS] >> vlan % 64 & 1;
}

// Whether the source is known to be at this port.
static __always_inline int see_source(const struct station_key* key, __u32 port,
                                      const struct port_config* config) {
  struct station* source = bpf_map_lookup_elem(&stations, key);
  if (!source) return 0;
  __u64 where = source->where;
  if (STATION_PORT(where) != port) {
    if (config->flags & PORT_MOVES_NOBODY || !carries(port, config, key->vlan)) return 0;
    if (where & STATION_STICKY && is_fresh(source, config)) return 0;
    // From here on nothing goes to its old place. Twice, as the daemon may change it meanwhile.
    for (int i = 0; i < 2 && !(where & STATION_STATIC) && STATION_PORT(where) != port; ++i) {
      where = __sync_val_compare_and_swap(&source->where, where, port | STATION_MOVED);
    }
    return 0;
  }
  if (port_of(source, config) == NO_PORT) return 0;
  const __u32 now = now_s();
  if (source->seen != now) source->seen = now;
  return 1;
}

static __always_inline __u32 bytes_of(const struct __sk_buff* frame) {
  return frame->len + (frame->vlan_present ? VLAN_TAG_BYTES : 0);
}

// Whether a rule of bridge/egress_rules.h forbids it.
static __always_inline int may_leave(const struct port_config* from, const struct port_config* to) {
  return !(from->flags & to->flags & PORT_IS_ISOLATED);
}

static __always_inline int fits(struct __sk_buff* frame, const struct port_config* to, int edit) {
  if (edit == NO_EDIT) return 0;
  if (bytes_of(frame) + (edit == PUSH_TAG ? VLAN_TAG_BYTES : 0) > MAX_FRAME_BYTES) return 0;
  if (frame->gso_size != 0 && frame->gso_size < MIN_TCP_SEGMENT) return 0;
  if (!(to->flags & PORT_HAS_LIMIT)) return 1;
  __u32 mtu = 0;
  return bpf_check_mtu(frame, to->device, &mtu, /*len_diff=*/0, BPF_MTU_CHK_SEGS) == 0;
}

// `bytes`: of the frame as it came.
static __always_inline void count(struct __sk_buff* frame, __u32 bytes, __u32 from, __u32 to) {
  struct port_counters* in = bpf_map_lookup_elem(&counters, &from);
  struct port_counters* out = bpf_map_lookup_elem(&counters, &to);
  if (!in || !out) return;
  in->ingress_frames++;
  in->ingress_bytes += bytes;
  if (frame->gso_size != 0) in->ingress_offloaded++;
  out->egress_frames++;
  out->egress_bytes += bytes_of(frame);
}

static __always_inline int send(struct __sk_buff* frame, const struct port_config* to,
                                const __u8* destination) {
  if (!(to->flags & PORT_IS_VETH) || !is_same_mac(destination, to->peer_address)) {
    if (to->flags & PORT_HAS_GUARD) frame->tc_index = FRAME_MARK;
    return bpf_redirect(to->device, /*flags: to its egress*/ 0);
  }
  // Until Linux 6.15 a frame stays one for others, as it was to the device that it came in by.
  if (frame->pkt_type != PACKET_HOST) bpf_skb_change_type(frame, PACKET_HOST);
  return bpf_redirect_peer(to->device, 0);
}

static __always_inline __u32 bucket_of(const struct stations_of* who) {
  // Addresses of one maker differ in their last bytes, and those of one owner in the same way.
  __u32 from, to;
  __builtin_memcpy(&from, &who->source.mac[2], sizeof(from));
  __builtin_memcpy(&to, &who->destination.mac[2], sizeof(to));
  const __u32 mixed = (bpf_ntohl(from) * 0x9e3779b1u ^ bpf_ntohl(to)) * 0x85ebca77u;
  return (mixed >> 16) % FLOW_BUCKETS;
}

// The port that a frame may go to at once, or NO_PORT. Also where nothing is fast, sources are
// looked at: who comes here is no longer elsewhere.
static __always_inline __u32 fast_egress(struct __sk_buff* frame, __u32 port,
                                         const struct port_config* config,
                                         const struct stations_of* who) {
  if (!see_source(&who->source, port, config)) return NO_PORT;
  if (!(config->flags & PORT_IS_FAST)) return NO_PORT;
  const struct station* destination = bpf_map_lookup_elem(&stations, &who->destination);
  if (!destination) return NO_PORT;
  const __u32 egress = port_of(destination, config);
  return egress == port ? NO_PORT : egress;
}

static __always_inline int drop_unserved(__u32 port) {
  struct port_counters* in = bpf_map_lookup_elem(&counters, &port);
  if (in) in->unserved++;
  return TC_ACT_SHOT;
}

// There was no room, or no memory, for it.
static __always_inline int drop_full(__u32 port) {
  struct port_counters* in = bpf_map_lookup_elem(&counters, &port);
  if (in) in->queue_full++;
  return TC_ACT_SHOT;
}

// What vsw_forward tells hand_up, in the frame's `cb`.
enum hand_up_words {
  // Whose the frame is.
  CB_PORT,
  // Its flow's; and whether it has any: what goes to groups has no order to keep with what goes to
  // stations.
  CB_BUCKET,
  CB_HAS_BUCKET,
  // Whether its flow could be fast, had all of it passed.
  CB_CAN_BE_FAST,
};

SEC("tc")
int vsw_forward(struct __sk_buff* frame) {
  const __u32 ifindex = frame->ifindex;
  const __u32* found = bpf_map_lookup_elem(&ports_by_ifindex, &ifindex);
  if (!found) return TC_ACT_SHOT;
  const __u32 port = *found;
  if (port == NO_PORT) return TC_ACT_UNSPEC;
  // What the host sends to a group, come back to the host. It has no Ethernet header, and was
  // dropped where it went out.
  if (frame->pkt_type == PACKET_LOOPBACK) return TC_ACT_SHOT;
  const struct port_config* config = bpf_map_lookup_elem(&ports, &port);
  const struct port_order* order = bpf_map_lookup_elem(&orders, &port);
  if (!config || !order) return TC_ACT_SHOT;

  __u32 bucket = 0;
  __u32 egress = NO_PORT;
  const struct port_config* to = 0;
  int edit = KEEP_TAG;
  struct outer_tag tag = {};
  struct stations_of who = {};
  const int has_bucket = parse(frame, config, &tag, &who);
  if (has_bucket) {
    bucket = bucket_of(&who);
    egress = fast_egress(frame, port, config, &who);
    to = bpf_map_lookup_elem(&ports, &egress);
    if (to) {
      edit = edit_for(config, to, &tag, who.source.vlan);
      if (!(to->flags & PORT_IS_FAST) || !may_leave(config, to) || !fits(frame, to, edit)) to = 0;
    }
  }
  if (!to || order->handed[bucket] != order->passed[bucket]) {
    if (config->twin != 0) {
      frame->cb[CB_PORT] = port;
      frame->cb[CB_BUCKET] = bucket;
      frame->cb[CB_HAS_BUCKET] = has_bucket;
      frame->cb[CB_CAN_BE_FAST] = to != 0;
      bpf_tail_call(frame, &slow_path, 0);
    }
    // There is no slow path, so nothing of the flow is on it.
    if (!to) return drop_unserved(port);
  }
  const __u32 bytes = bytes_of(frame);
  if (edit != KEEP_TAG && !edit_tag(frame, edit, &tag, who.source.vlan)) return drop_full(port);
  count(frame, bytes, port, egress);
  return send(frame, to, who.destination.mac);
}

// ---- The slow path ----

// Counts a frame that goes to the twin; false when its queue has no room.
static __always_inline int take_room(struct port_order* order, const struct port_config* config,
                                     __u64* handed) {
  const __u64 before = __sync_fetch_and_add(&order->total, 1);
  if ((__s64)(before - order->read) >= (__s64)config->queue_frames) {
    __sync_fetch_and_sub(&order->total, 1);
    return 0;
  }
  if (handed) __sync_fetch_and_add(handed, 1);
  return 1;
}

#define GAP_NS (100 * 1000000ull)
#define GAP_PAUSE_NS (1000 * 1000000ull)

// Whether a frame of a flow that waits to become fast is to be lost: see `gap_until`.
static __always_inline int in_gap(const struct port_order* order) {
  return (__s64)(order->gap_until - order->passed_total) > 0 &&
         bpf_ktime_get_coarse_ns() < order->gap_end;
}

static __always_inline void begin_gap(struct port_order* order) {
  const __u64 now = bpf_ktime_get_coarse_ns();
  if (now < order->gap_end + GAP_PAUSE_NS) return;
  order->gap_until = order->total;
  order->gap_end = now + GAP_NS;
}

SEC("tc")
int hand_up(struct __sk_buff* frame) {
  const __u32 port = frame->cb[CB_PORT];
  const __u32 bucket = frame->cb[CB_BUCKET] % FLOW_BUCKETS;
  const __u32 can_be_fast = frame->cb[CB_CAN_BE_FAST];
  const struct port_config* config = bpf_map_lookup_elem(&ports, &port);
  struct port_order* order = bpf_map_lookup_elem(&orders, &port);
  if (!config || !order) return TC_ACT_SHOT;

  if (can_be_fast) {
    if (!order->wanted) order->wanted = 1;
    if (in_gap(order)) return drop_full(port);
  }
  if (!take_room(order, config, frame->cb[CB_HAS_BUCKET] ? &order->handed[bucket] : 0)) {
    if (can_be_fast) begin_gap(order);
    return drop_full(port);
  }
  if (config->flags & PORT_HASHES_FLOWS) bpf_get_hash_recalc(frame);
  frame->tc_index = FRAME_MARK;
  return bpf_redirect(config->twin, 0);
}

SEC("syscall")
int put_station(const struct put_request* request) {
  const struct station_key key = request->key;
  struct station* present = bpf_map_lookup_elem(&stations, &key);
  if (!present) {
    if (request->expected != STATION_ABSENT) return 1;
    const struct station station = {.where = request->where, .seen = request->seen};
    return bpf_map_update_elem(&stations, &key, &station, BPF_NOEXIST) ? 2 : 0;
  }
  if (__sync_val_compare_and_swap(&present->where, request->expected, request->where) !=
      request->expected) {
    return 1;
  }
  if (request->seen > present->seen) present->seen = request->seen;
  return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
