"""SIGKILL under known unicast, and a new start: what the guests notice of a daemon that dies.
Beside it the same load with a daemon that lives: what this machine loses by itself."""

import concurrent.futures
import signal
import time

from bench.suite.lab import LabError
from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "SIGKILL under known unicast: frames lost and reordered, links that flap"

KILLS = 20
RATE = 50_000
# The sender sleeps between bursts: what it leaves of its core, the new daemon starts with.
BURST = 16
# Of one kill: the load before it, without a daemon, and beside and after the new start.
BEFORE_S, DEAD_S, AFTER_S = 0.5, 0.2, 2
PAIRS = {"tap": (TAP, TAP), "internal": (INTERNAL, INTERNAL)}


def changes(peer):
    return sum(peer.carrier_changes(number) for number in range(2))


def kill_and_start(peer):
    peer.end_daemon(signal.SIGKILL)
    time.sleep(DEAD_S)
    peer.start_daemon()


def one_load(bench, peer, beside):
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        seconds = BEFORE_S + DEAD_S + AFTER_S
        load = thread.submit(saturate, bench, peer, rate=RATE, burst=BURST, seconds=seconds)
        is_up = lambda: load.done() or all(map(peer.has_carrier, range(2)))
        bench.lab.wait_for("two guests", is_up)
        time.sleep(BEFORE_S)
        before = changes(peer)
        beside()
        flaps = changes(peer) - before
        came_late = load.done()
        run = load.result()
    if came_late:
        raise LabError(f"the new daemon was not there after {AFTER_S} s, when the load ended")
    return {
        "lost": run["lost"] + run["refused"],
        "reordered": run["reordered"],
        "links gone or back": flaps,
        "longest silence": run["longest_silence_ms"],
    }


def together(runs):
    return {
        name: (max if name == "longest silence" else sum)(run[name] for run in runs)
        for name in runs[0]
    }


def many(bench, peer, count, beside):
    runs = []
    for number in range(count):
        bench.progress(f"{number + 1}/{count}")
        runs.append(one_load(bench, peer, beside))
    return together(runs)


def run(bench):
    count = 2 if bench.quick else KILLS
    bars = (Bar(at_most=0),)
    for kind, types in PAIRS.items():
        with bench.peers(types, only=(Vswitch,)) as up:
            peer = up["vswitch"]
            killed = f"{count} kills"
            bench.compare_many(
                f"{kind}, {RATE // 1000} kpps",
                {
                    "lost": ("frames", bars, {}),
                    "reordered": ("frames", bars, {}),
                    "links gone or back": ("times", bars, {}),
                    "longest silence": ("ms", (), {}),
                },
                {
                    killed: lambda p=peer: many(bench, p, count, lambda: kill_and_start(p)),
                    "none": lambda p=peer: many(bench, p, count, lambda: None),
                },
                ours=killed,
                passes=1,
            )
