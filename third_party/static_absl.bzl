"""Abseil and the C++ library from their archives, for programs that are to start quickly.

Debian's Abseil is 28 shared libraries, which take longer to load than a short program to run. What
the archives have given, the shared ones are not asked for any more.
"""

_ARCHIVES = [
    "base",
    "city",
    "cord",
    "cord_internal",
    "cordz_functions",
    "cordz_handle",
    "cordz_info",
    "debugging_internal",
    "demangle_internal",
    "exponential_biased",
    "graphcycles_internal",
    "hash",
    "int128",
    "log_severity",
    "low_level_hash",
    "malloc_internal",
    "raw_hash_set",
    "raw_logging_internal",
    "spinlock_wait",
    "stacktrace",
    "status",
    "statusor",
    "str_format_internal",
    "strerror",
    "strings",
    "strings_internal",
    "symbolize",
    "synchronization",
    "throw_delegate",
    "time",
    "time_zone",
]

def _linkopts(others):
    return (
        ["-Wl,--as-needed", "-Wl,--start-group"] +
        ["-l:libabsl_{}.a".format(name) for name in _ARCHIVES] +
        others + ["-Wl,--end-group"]
    )

STATIC_ABSL = _linkopts(["-l:libstdc++.a"]) + ["-static-libgcc"]

# For programs with shared libraries that are C++ themselves: a process has one C++ library.
STATIC_ABSL_ALONE = _linkopts([])
