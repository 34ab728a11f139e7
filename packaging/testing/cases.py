"""Runs functions as test cases, in order, and reports them to Bazel one by one."""

import os
import pathlib
import time
import traceback
from xml.sax.saxutils import quoteattr


def run(suite, cases):
    """0 when all pass. A case fails by an exception, and so do those that build on it."""
    reports, failed = [], 0
    for case in cases:
        began, failure = time.monotonic(), ""
        try:
            expect(not failed, "not reached: a case before it failed")
            case()
        except (Exception, SystemExit):  # pylint: disable=broad-except
            failure = traceback.format_exc()
        seconds = time.monotonic() - began
        print(f"[{'FAILED' if failure else 'ok':^8}] {case.__name__} ({seconds:.1f} s)", flush=True)
        print(failure, end="", flush=True)
        failed += bool(failure)
        inside = f"<failure message={quoteattr(failure)}/>" if failure else ""
        reports.append(
            f'<testcase classname="{suite}" name="{case.__name__}" time="{seconds:.3f}">'
            f"{inside}</testcase>"
        )
    if "XML_OUTPUT_FILE" in os.environ:
        inside = "".join(reports)
        report = f'<testsuites><testsuite name="{suite}">{inside}</testsuite></testsuites>'
        pathlib.Path(os.environ["XML_OUTPUT_FILE"]).write_text(report, encoding="utf-8")
    return 1 if failed else 0


def wait_for(what, condition, seconds=120):
    """The condition's value once it is true. The deadline is for what never comes."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come about within {seconds} s: {what}")
        time.sleep(0.02)
    return value


def expect(condition, *why):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in why))
