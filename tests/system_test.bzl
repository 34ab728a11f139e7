"""Tests that make namespaces and devices: outside of Bazel's sandbox, one at a time, never from cache."""

def system_test(name, timeout = "moderate", tags = []):
    native.cc_test(
        name = name,
        srcs = [name + ".cc"],
        tags = tags + [
            "exclusive",
            "external",
            "local",
            "no-sandbox",
        ],
        timeout = timeout,
        deps = [
            "//tests/harness",
            "@debian//:gtest_main",
        ],
    )
