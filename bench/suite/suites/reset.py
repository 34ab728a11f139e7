"""Reset (RFC 2544, 26.6): the daemon is ended under traffic and started again at once. The figure
is the longest silence at the receiving guest, which keeps its TAP open."""

import concurrent.futures
import signal
import time

from bench.suite import peers
from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "SIGTERM and SIGKILL under traffic: time until frames flow again"

RATE = 10_000
BEFORE_S = 1
AFTER_S = 5


def silence_ms(bench, peer, number):
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        seconds = BEFORE_S + AFTER_S
        load = thread.submit(saturate, bench, peer, rate=RATE, seconds=seconds)
        time.sleep(BEFORE_S)
        peer.restart(number)
        return load.result()["longest_silence_ms"]


def run(bench):
    with bench.peers((TAP, TAP), only=(peers.Vswitch, peers.OpenVswitch)) as up:
        for number in (signal.SIGTERM, signal.SIGKILL):
            bench.compare(
                f"{number.name} and a new start",
                "ms",
                {name: lambda p=peer: silence_ms(bench, p, number) for name, peer in up.items()},
            )
