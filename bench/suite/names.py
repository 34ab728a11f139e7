"""The suites, in the order in which they run."""

SUITES = (
    "aa",
    "generator",
    "throughput",
    "cpu",
    "tcp",
    "ping",
    "latency",
    "guest_tcp",
    "stopped_guest",
    "hostile",
    "overload",
    "ports",
    "workers",
    "broadcast",
    "mesh",
    "addresses",
    "reset",
    "loss",
)

# Under three minutes, for daily use.
QUICK = ("throughput", "cpu", "tcp", "ping", "latency", "stopped_guest")
