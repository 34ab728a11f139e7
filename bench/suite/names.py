"""The suites, in the order in which they run."""

SUITES = (
    "aa",
    "generator",
    "fast_path",
    "vlan",
    "throughput",
    "cpu",
    "features",
    "tcp",
    "ping",
    "latency",
    "guest_tcp",
    "move",
    "kill",
    "stopped_guest",
    "hostile",
    "overload",
    "police",
    "ports",
    "workers",
    "broadcast",
    "mesh",
    "addresses",
    "reset",
    "loss",
)

# Under four minutes, for daily use.
QUICK = ("fast_path", "throughput", "cpu", "tcp", "ping", "latency", "stopped_guest")
