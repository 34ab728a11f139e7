#!/usr/bin/env python3
"""Runs the commands of every page: README.md and docs/. A test case for each page that has some.

    pages_test.py [--bin=DIR] [--jobs=N] [PAGE...]

Of what is not run it prints where and why.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from xml.sax.saxutils import quoteattr

# No compiled files of root in the source tree.
sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import pages  # noqa: E402  (beside this file, wherever Bazel has put the link to it)

ROOT = HERE.parents[1]
PROGRAMS = ("switch/vswitchd", "cli/vswitchctl")
NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def starts_guests(page):
    return any("qemu-system-" in line for block in page.run for line in block.lines)


def why_not(page):
    """Why this page cannot be run here, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    image = os.environ.get("VSWITCH_GUEST_IMAGE", "")
    if starts_guests(page) and not os.path.exists(image + "/initrd"):
        return "no guest image: tools/guest-image, and VSWITCH_GUEST_IMAGE is the folder it prints"
    return ""


def run(path, bin_folder):
    """Runs a page; returns what failed, or nothing."""
    folder = tempfile.mkdtemp(prefix="vswitch-page-")
    try:
        machine = [sys.executable, "-B", str(HERE / "machine.py"), folder, bin_folder, str(path)]
        result = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "unshare", *NAMESPACES, *machine],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    if result.returncode == 0:
        return ""
    return result.stdout or f"ended with {result.returncode} and no word"


def built():
    """Where the programs are: as Bazel gives them to a test, or as it has left them in the tree."""
    given = os.environ.get("TEST_SRCDIR")
    return os.path.join(given, os.environ["TEST_WORKSPACE"]) if given else str(ROOT / "bazel-bin")


def gather_programs(bin_folder, folder):
    """One folder with all programs, as a package's: what a page finds on its PATH."""
    for program in PROGRAMS:
        path = os.path.realpath(os.path.join(bin_folder, program))
        if not os.path.exists(path):
            sys.exit(f"{path} is not there: bazel build //{program.replace('/', ':')}")
        os.symlink(path, os.path.join(folder, os.path.basename(program)))


class Report:
    def __init__(self):
        self.cases, self.failed = [], 0

    def add(self, name, seconds, failure="", skipped=""):
        word = "FAILED" if failure else "skipped" if skipped else "ok"
        print(f"[{word:^8}] {name} ({seconds:.1f} s) {skipped}")
        print("".join(f"    {line}\n" for line in failure.splitlines()), end="", flush=True)
        self.failed += bool(failure)
        inner = f"<failure message={quoteattr(failure)}/>" if failure else ""
        inner += f"<skipped message={quoteattr(skipped)}/>" if skipped else ""
        attributes = f'classname="pages" name={quoteattr(name)} time="{seconds:.3f}"'
        self.cases.append(f"<testcase {attributes}>{inner}</testcase>")

    def write(self):
        if "XML_OUTPUT_FILE" in os.environ:
            suite = f'<testsuite name="pages">{"".join(self.cases)}</testsuite>'
            report = pathlib.Path(os.environ["XML_OUTPUT_FILE"])
            report.write_text(f"<testsuites>{suite}</testsuites>", encoding="utf-8")


def timed(name, path, page, bin_folder):
    begun = time.monotonic()
    failure = "\n".join(f"{name}:{mistake}" for mistake in page.mistakes)
    skipped = "" if failure else why_not(page)
    if not failure and not skipped:
        failure = run(path, bin_folder)
    return name, time.monotonic() - begun, failure, skipped


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=built())
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("pages", nargs="*")
    options = parser.parse_args()

    all_pages = pages.files(ROOT)
    for name in options.pages:
        if name not in all_pages:
            parser.error(f"there is no page {name}: they are {' '.join(all_pages)}")
    found = {n: p for n, p in all_pages.items() if not options.pages or n in options.pages}
    read = {name: pages.Page(path.read_text("utf-8")) for name, path in found.items()}
    for name, page in read.items():
        for block in page.commands:
            if block.why_not_run:
                print(f"not run: {name}:{block.line}: {block.why_not_run}")
    report = Report()
    with tempfile.TemporaryDirectory() as programs:
        gather_programs(options.bin, programs)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            # Pages with guests first: they take longest.
            names = [name for name, page in read.items() if page.run or page.mistakes]
            names.sort(key=lambda name: not starts_guests(read[name]))
            jobs = [pool.submit(timed, n, found[n], read[n], programs) for n in names]
            for job in concurrent.futures.as_completed(jobs):
                report.add(*job.result())
    report.write()
    return 1 if report.failed or not report.cases else 0


if __name__ == "__main__":
    sys.exit(main())
