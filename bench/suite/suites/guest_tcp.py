"""TCP between two QEMU guests, which are emulated: the guests are most of the work, as they are
where a switch is used."""

import json

from bench.suite import peers
from bench.suite.guests import Guests
from bench.suite.method import Bar
from bench.suite.peers.peer import TAP

SUMMARY = "TCP between two QEMU guests (iperf3)"


def connect(guests, peer):
    for number in range(2):
        guests.wait(peer.port(number))
        address = f"10.0.0.{number + 1}"
        command = f"ip addr add {address}/24 dev eth0 && ip link set eth0 up"
        guests.run(peer.port(number), command)
    guests.run(peer.port(1), "iperf3 --server --daemon")
    guests.run(peer.port(0), "ping -c 2 10.0.0.2")


def gbit_per_s(bench, guests, peer):
    seconds = max(1, round(bench.seconds))
    said = guests.run(peer.port(0), f"iperf3 --json --client 10.0.0.2 --time {seconds}")
    return json.loads(said)["end"]["sum_received"]["bits_per_second"] / 1e9


def run(bench):
    if not bench.guest_image:
        bench.skip("guest_tcp", "there is no guest image: tools/guest-image says why")
        return
    with bench.peers((TAP, TAP), only=(peers.Vswitch, peers.LinuxBridge)) as up:
        guests = Guests(bench.lab, bench.guest_image)
        try:
            bench.progress("booting the guests")
            for peer in up.values():
                for number in range(2):
                    guests.boot(peer.port(number), number)
            for peer in up.values():
                connect(guests, peer)
            bench.compare(
                "guest to guest, 1 flow",
                "Gbit/s",
                {name: lambda p=peer: gbit_per_s(bench, guests, p) for name, peer in up.items()},
                bars=(Bar("linux_bridge", at_least=0.95),),
            )
        finally:
            guests.close()
