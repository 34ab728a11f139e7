#!/usr/bin/env python3
"""Counts what `bazel test` runs really did: prints each failure and skip, then the totals.

Usage: count_tests.py FOLDER, with NAME.json (build events) and NAME.exit (exit code) for each run.
Exit status: 0 only when nothing failed and at least one test passed.
"""

import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

# `bazel test` exits with one of these although something is not in order that tests report
# themselves: 3 = some test failed, 4 = no test found.
EXPLAINED_EXITS = {"0", "3"}


class Counts:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []


def read_report(label, path, counts):
    """One test.xml, of GoogleTest or of Bazel. False when it tells of no test at all."""
    seen = False
    for case in ElementTree.parse(path).iter("testcase"):
        seen = True
        name = f"{label} {case.get('classname', '')}.{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed.append(name)
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            counts.skipped.append(name)
        elif case.get("status") != "notrun":
            counts.passed += 1
    return seen


def read_result(label, result, counts):
    """One attempt at a test target."""
    failed_before = len(counts.failed)
    reported = False
    for output in result.get("testActionOutput", []):
        path = pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
        if output["name"] == "test.xml" and path.exists():
            reported = read_report(label, path, counts)
    passed = result.get("status") == "PASSED"
    # A target that crashed, timed out or said nothing has failed, whatever its cases say.
    if (not passed or not reported) and len(counts.failed) == failed_before:
        counts.failed.append(f"{label} ({result.get('status', 'no status')})")


def read_run(folder, run, counts):
    failed_before = len(counts.failed)
    built_badly = set()
    for line in (folder / f"{run}.json").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if "testResult" in event:
            label = f"[{run}] {event['id']['testResult']['label']}"
            read_result(label, event["testResult"], counts)
        elif "targetCompleted" in event.get("id", {}):
            if not event.get("completed", {}).get("success"):
                built_badly.add(event["id"]["targetCompleted"]["label"])
    counts.failed += [f"[{run}] {label} (does not build)" for label in sorted(built_badly)]
    exit_code = (folder / f"{run}.exit").read_text(encoding="utf-8").strip()
    if exit_code not in EXPLAINED_EXITS and len(counts.failed) == failed_before:
        counts.failed.append(f"[{run}] bazel test ended with {exit_code}")


def main():
    folder = pathlib.Path(sys.argv[1])
    counts = Counts()
    for exit_file in sorted(folder.glob("*.exit")):
        if (folder / f"{exit_file.stem}.json").exists():
            read_run(folder, exit_file.stem, counts)
        else:
            counts.failed.append(f"[{exit_file.stem}] bazel test did not run")
    for name in counts.skipped:
        print(f"skipped: {name}")
    for name in counts.failed:
        print(f"failed: {name}")
    print(f"{counts.passed} passed, {len(counts.failed)} failed, {len(counts.skipped)} skipped")
    return 1 if counts.failed or counts.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
