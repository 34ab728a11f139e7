"""Tests that make namespaces and devices: outside of Bazel's sandbox, never from cache."""

_TAGS = [
    "external",
    "local",
    "no-sandbox",
]

def system_test(
        name,
        timeout = "moderate",
        tags = [],
        slow_path = "long",
        alone = True,
        deps = [],
        data = []):
    """A test, and the same with every frame through a worker: NAME_slow_path.

    Args:
      name: of the test; its source is NAME.cc.
      timeout: as of any test.
      tags: more of them.
      alone: nothing else is run meanwhile. False for those that neither kill daemons nor need the
        kernel's answer soon: a device's end waits for those of all namespaces that end then.
      deps: beside the harness.
      data: files that it reads.
      slow_path: "always": NAME_slow_path is run each time; "long": by tools/test --long only, as it
        takes long or does little with frames; "none": the test chooses itself.
    """
    tags = tags + _TAGS + (["exclusive"] if alone else [])
    native.cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = [name + ".cc"],
        alwayslink = True,
        data = data,
        deps = deps + [
            "//tests:long_run",
            "//tests:tcx",
            "//tests/harness",
            "@debian//:gtest_main",
        ],
    )
    native.cc_test(
        name = name,
        tags = tags,
        timeout = timeout,
        deps = [":" + name + "_lib"],
    )
    if slow_path != "none":
        native.cc_test(
            name = name + "_slow_path",
            env = {"VSWITCH_FAST_PATH": "off"},
            tags = tags + (["extra"] if slow_path == "long" else []),
            timeout = timeout,
            deps = [":" + name + "_lib"],
        )
