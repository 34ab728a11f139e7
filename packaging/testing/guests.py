#!/usr/bin/env python3
"""Two guests: each opens its TAP, and the first sends numbered frames to the second all the time.

Usage: guests.py TAP TAP. Says "talking" when the first frame has arrived. When its standard input
ends, it waits for what is on its way, and prints as JSON how many frames were sent and which of
them are lost.
"""

import fcntl
import json
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x2, 0x1000, 0x4000
HEADER = bytes(10)  # virtio_net_hdr: nothing left to do
MACS = (bytes.fromhex("525400000001"), bytes.fromhex("525400000002"))
ETHERTYPE = bytes.fromhex("88b5")  # for experiments
GAP_S = 0.001
# Frames that are not there after this while will not come.
LAST_S = 5


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    return fd


def frame(source, target, number):
    return HEADER + MACS[target] + MACS[source] + ETHERTYPE + struct.pack("!Q", number) + bytes(46)


def send(fd, data):
    """A link that is down refuses what its guest sends: that frame is lost."""
    try:
        os.write(fd, data)
    except OSError:
        pass


def collect(fd, arrived):
    while True:
        try:
            data = os.read(fd, 65536)[len(HEADER):]
        except OSError:
            return
        if data[6:14] == MACS[0] + ETHERTYPE:
            arrived.add(struct.unpack_from("!Q", data, 14)[0])


def main():
    taps = [open_tap(name) for name in sys.argv[1:3]]
    # What is sent before the second guest has heard the first does not count.
    first, sent, arrived = None, 0, set()
    while not select.select([sys.stdin], [], [], GAP_S)[0]:
        if first is None:
            send(taps[1], frame(1, 0, 0))
        send(taps[0], frame(0, 1, sent))
        sent += 1
        collect(taps[1], arrived)
        if arrived and first is None:
            first = sent
            print("talking", flush=True)
    deadline = time.monotonic() + LAST_S
    while (lost := set(range(first or sent, sent)) - arrived) and time.monotonic() < deadline:
        select.select([taps[1]], [], [], GAP_S)
        collect(taps[1], arrived)
    if first is None:
        sys.exit("the second guest has heard nothing")
    print(json.dumps({"sent": sent - first, "lost": sorted(lost)}))


if __name__ == "__main__":
    main()
