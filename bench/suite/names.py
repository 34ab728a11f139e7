"""The suites, in the order in which they run."""

SUITES = ("throughput",)

# Under three minutes, for daily use.
QUICK = ("throughput",)
