"""TCP between two QEMU guests, and from one to a namespace. They are emulated: the guests are most
of the work, as they are where a switch is used."""

import json

from bench.suite import peers
from bench.suite.guests import Guests
from bench.suite.method import Bar
from bench.suite.peers.peer import INTERNAL, TAP

SUMMARY = "TCP between two QEMU guests, and from a guest to an internal port (iperf3)"

BARS = (Bar("linux_bridge", at_least=1.0),)
# The ports that the first guest sends to.
SERVERS = {"guest to guest": 1, "guest to internal port": 2}


def connect(bench, guests, peer):
    for number in range(2):
        guests.wait(peer.port(number))
        command = f"ip addr add {peer.address(number)}/16 dev eth0 && ip link set eth0 up"
        guests.run(peer.port(number), command)
    guests.run(peer.port(1), "iperf3 --server --daemon")
    bench.lab.spawn(f"iperf3-{peer.prefix}", "iperf3", "--server", netns=peer.netns(2))
    for server in SERVERS.values():
        guests.run(peer.port(0), f"ping -c 2 {peer.address(server)}")


def gbit_per_s(bench, guests, peer, server):
    seconds = max(1, round(bench.seconds))
    client = f"iperf3 --json --client {peer.address(server)} --time {seconds}"
    said = guests.run(peer.port(0), client)
    return json.loads(said)["end"]["sum_received"]["bits_per_second"] / 1e9


def run(bench):
    if not bench.guest_image:
        bench.skip("guest_tcp", "there is no guest image: tools/guest-image says why")
        return
    with bench.peers((TAP, TAP, INTERNAL), only=(peers.Vswitch, peers.LinuxBridge)) as up:
        guests = Guests(bench.lab, bench.guest_image)
        try:
            bench.progress("booting the guests")
            for peer in up.values():
                for number in range(2):
                    guests.boot(peer.port(number), number)
            for peer in up.values():
                connect(bench, guests, peer)
            for what, server in SERVERS.items():
                bench.compare(
                    f"{what}, 1 flow",
                    "Gbit/s",
                    {n: lambda p=p: gbit_per_s(bench, guests, p, server) for n, p in up.items()},
                    bars=BARS,
                )
        finally:
            guests.close()
