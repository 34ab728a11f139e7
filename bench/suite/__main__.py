"""The bench suite; started by tools/bench, inside a network namespace of its own."""

import argparse
import datetime
import importlib
import os
import platform
import signal
import subprocess
import sys
from types import SimpleNamespace

from bench.suite import report
from bench.suite.workbench import Bench
from bench.suite.lab import Lab, LabError, keep_silent
from bench.suite.names import QUICK, SUITES


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures vswitch beside its peers, in one run; see bench/README.md.",
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="all of them if none is named")
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument("--quick", action="store_true", help="a few suites, under four minutes")
    parser.add_argument("--output", metavar="DIR", help="write results.json, report.md and plots")
    parser.add_argument("--rounds", type=int, help="passes forwards and backwards (3; quick: 1)")
    parser.add_argument("--seconds", type=float, help="of one measurement (4; quick: 1)")
    parser.add_argument(
        "--baseline",
        metavar="DIR",
        help="aa: the bazel-bin of another build (switch/vswitchd, cli/vswitchctl) to compare with",
    )
    parser.add_argument("--bin", help=argparse.SUPPRESS)
    parser.add_argument("--guest-image", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [suite for suite in options.suites if suite not in SUITES]
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}: see --list")
    options.suites = options.suites or (QUICK if options.quick else SUITES)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 4)
    return options


def module_of(suite):
    return importlib.import_module(f"bench.suite.suites.{suite}")


def binaries(folder):
    return SimpleNamespace(
        vswitchd=os.path.join(folder, "switch/vswitchd"),
        vswitchctl=os.path.join(folder, "cli/vswitchctl"),
        tap_load=os.path.join(folder, "bench/tap_load"),
        bare_loop=os.path.join(folder, "bench/bare_loop"),
        bare_redirect=os.path.join(folder, "bench/bare_redirect"),
    )


def said_by(*command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()


def cpu_model():
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine(options):
    git = ("git", "-c", "safe.directory=*", "-C", os.path.dirname(__file__))
    revision = said_by(*git, "describe", "--always", "--dirty")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{cpu_model()}, {os.cpu_count()} cores",
        "kernel": platform.release(),
        "vswitch": revision,
        "command": f"tools/bench --rounds={options.rounds} --seconds={options.seconds:g} "
        + " ".join(options.suites),
        "load of others at the start": f"{os.getloadavg()[0]:.2f}",
    }


def measure(bench, options, about):
    """False if a suite could not be measured to its end; the others still are. Results are written
    after each: a run is long."""
    complete = True
    for suite in options.suites:
        bench.suite = suite
        try:
            module_of(suite).run(bench)
        except LabError as error:
            complete = False
            bench.skip(f"the rest of {suite}", str(error))
        if options.output:
            report.write(options.output, about, bench.cells, bench.skipped)
    return complete


def main():
    options = arguments()
    if options.list:
        for suite in SUITES:
            print(f"{suite:14} {module_of(suite).SUMMARY}")
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    about = machine(options)
    lab = Lab()
    try:
        keep_silent(lab)
        bench = Bench(
            lab,
            binaries(options.bin),
            options.rounds,
            options.seconds,
            options.quick,
            options.guest_image,
            binaries(os.path.abspath(options.baseline)) if options.baseline else None,
        )
        complete = measure(bench, options, about)
    except KeyboardInterrupt:
        return 130
    finally:
        lab.close()
    print(report.markdown(about, bench.cells, bench.skipped))
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
