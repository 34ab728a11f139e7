"""Tests that make namespaces and devices: outside of Bazel's sandbox, one at a time, never from cache."""

_TAGS = [
    "exclusive",
    "external",
    "local",
    "no-sandbox",
]

def system_test(name, timeout = "moderate", tags = [], slow_path = "long", deps = []):
    """A test, and the same with every frame through a worker: NAME_slow_path.

    Args:
      name: of the test; its source is NAME.cc.
      timeout: as of any test.
      tags: more of them.
      deps: beside the harness.
      slow_path: "always": NAME_slow_path is run each time; "long": by tools/test --long only, as it
        takes long or does little with frames; "none": the test chooses itself.
    """
    native.cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = [name + ".cc"],
        alwayslink = True,
        deps = deps + [
            "//tests:long_run",
            "//tests:tcx",
            "//tests/harness",
            "@debian//:gtest_main",
        ],
    )
    native.cc_test(
        name = name,
        tags = tags + _TAGS,
        timeout = timeout,
        deps = [":" + name + "_lib"],
    )
    if slow_path != "none":
        native.cc_test(
            name = name + "_slow_path",
            env = {"VSWITCH_FAST_PATH": "off"},
            tags = tags + _TAGS + (["extra"] if slow_path == "long" else []),
            timeout = timeout,
            deps = [":" + name + "_lib"],
        )
