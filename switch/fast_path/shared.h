// SPDX-License-Identifier: Apache-2.0 OR MIT OR GPL-2.0-only
// What the program in the kernel and the daemon both read and write: the layout of the maps. It is
// compiled by both, as C and as C++, hence in C's terms.
#ifndef VSWITCH_SWITCH_FAST_PATH_SHARED_H_
#define VSWITCH_SWITCH_FAST_PATH_SHARED_H_

#include <linux/types.h>

// As many as there are PortIds (mac_table/fdb_key.h).
#define FAST_PATH_PORTS 4096
// What the map of stations holds.
#define FAST_PATH_STATIONS 65536

// Goes up with each change of what the maps mean: a daemon goes on with maps of its own layout
// only.
#define FAST_PATH_LAYOUT 6

// Whose maps these are. What is in here stays as it is in all layouts.
struct about {
  __u32 layout;
  __u32 unused;
  // Of the switch (StateLock::id()); ends with a zero.
  char switch_id[24];
};

// The key of the map of stations.
struct station_key {
  __u8 mac[6];
  // As bridge/vlan.h classifies; 0 without a tag.
  __u16 vlan;
  __u32 bridge;
};

#define NO_PORT 0xffffffffu

// Where a station is: one word, so that program and daemon can change it under each other's eyes.
// The port in the lower half, and
//  - STATION_MOVED: the program has seen it there, the table does not say so yet; known as nowhere.
//  - STATION_PENDING: known as nowhere, until it is certain that no frame of it from elsewhere is
//    on its way to the table.
//  - STATION_STATIC: it neither ages nor moves.
//  - STATION_STICKY: it does not move until it has aged.
#define STATION_PORT(where) ((__u32)(where))
#define STATION_MOVED (1ull << 32)
#define STATION_PENDING (1ull << 33)
#define STATION_STATIC (1ull << 34)
#define STATION_STICKY (1ull << 35)

struct station {
  __u64 where;
  // When the program, or before it a worker, last saw it as a source: seconds, CLOCK_MONOTONIC.
  __u32 seen;
  __u32 unused;
};

// Asks the program put_station for a station to be so, if it now is `expected`, or is not there.
#define STATION_ABSENT (~0ull)
struct put_request {
  struct station_key key;
  __u32 seen;
  __u64 expected;
  __u64 where;
};

enum port_flags {
  // Frames may take the fast path from here, and to here.
  PORT_IS_FAST = 1,
  // The twin has several queues, chosen from by the hash of a frame's flow.
  PORT_HASHES_FLOWS = 2,
  // Longer frames than its MTU are not for it.
  PORT_HAS_LIMIT = 4,
  // A guard stands on its device's egress (switch/base/frame_mark.h).
  PORT_HAS_GUARD = 8,
  // Its device is a veth whose other end, in another network namespace, has `peer_address`: frames
  // for that are handed over to it, the others leave by the device.
  PORT_IS_VETH = 16,
  // It reaches no other such port.
  PORT_IS_ISOLATED = 32,
  // It has VLAN settings (bridge/vlan.h), of which `untagged_is` and `leaves_untagged` tell more.
  PORT_HAS_VLANS = 64,
  // An access port: of what is tagged it takes priority tags only.
  PORT_TAKES_NO_TAGS = 128,
  // It does not carry all VLANs: those that it does are in the map of trunks.
  PORT_HAS_TRUNKS = 256,
  // A dot1q-tunnel: whatever tags a frame has, it is in the port's own VLAN.
  PORT_IS_TUNNEL = 512,
  // What comes in there moves no station: a worker drops it, or its sources are not learned, or
  // not before a worker has looked at them.
  PORT_MOVES_NOBODY = 1024,
};

// By PortId. The daemon writes, the program reads.
struct port_config {
  // The port's device, and its twin, to which everything goes that is not fast.
  __u32 device;
  // 0: there is none yet.
  __u32 twin;
  __u32 bridge;
  __u32 flags;
  __u32 ageing_s;
  // How many frames the twin's queue holds at least.
  __u32 queue_frames;
  // For the next daemon: the port's name, which ends with a zero; and as how many lost frames of
  // the device its count of them begins.
  char name[16];
  __u64 lost_before;
  __u8 peer_address[6];
  // VLANs: of what comes in untagged or with VID 0; and which leaves untagged, 0: none does.
  __u16 untagged_is;
  __u16 leaves_untagged;
  __u8 unused[6];
};

// VLANs by their ids.
#define VLAN_SET_WORDS 64
struct vlan_set {
  __u64 words[VLAN_SET_WORDS];
};

// By PortId and CPU. The program writes, the daemon reads.
struct port_counters {
  __u64 ingress_frames;
  __u64 ingress_bytes;
  __u64 ingress_offloaded;
  __u64 egress_frames;
  __u64 egress_bytes;
  // For which the twin's queue had no room.
  __u64 queue_full;
  // That had nowhere to go while no daemon ran.
  __u64 unserved;
};

// The flows of a port are told apart by this many buckets.
#define FLOW_BUCKETS 16

// By PortId, in memory that both map. A flow may go over from the slow path to the fast one when
// none of its frames is on the slow path any more:
//
//   program   hands a frame up: counts it in `total`, then in its bucket's `handed`, then queues it
//   worker    notes all `handed`, then `total`; when so many frames were read and written, what it
//             noted has `passed`
//   program   a flow is fast while its bucket's `handed` is what has `passed`
//
// Without a daemon, or with one that has no twin for the port yet, nothing is on the slow path, and
// all flows are fast that can be. None of these numbers ever steps back while the maps live.
//
// What is noted may seem to step back when several workers do it, which makes a flow slow a little
// longer.
struct port_order {
  // Program.
  __u64 total;
  __u64 handed[FLOW_BUCKETS];
  // A flow would be fast, had all of it passed: a worker is to see to it.
  __u64 wanted;
  // A gap: the queue is full, so of a flow that could be fast frames would be lost anyway. It loses
  // all, until what is in the queue has passed (`total` at that time); then it is fast. Not for
  // longer than until `gap_end`, nor again soon (nanoseconds, CLOCK_MONOTONIC_COARSE).
  __u64 gap_until;
  __u64 gap_end;

  // Workers. `read` makes room in the queue; `written` is out of the slow path.
  __u64 read __attribute__((aligned(64)));
  __u64 written;
  __u64 passed_total;
  __u64 passed[FLOW_BUCKETS];

  // The control thread. What was handed up to an earlier daemon that has not read it.
  __u64 unread;
};

#endif  // VSWITCH_SWITCH_FAST_PATH_SHARED_H_
