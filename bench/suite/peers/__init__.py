"""The switches that are measured. vswitch first and the limits beside it: neighbours in the order
of measuring are compared best."""

from bench.suite.peers.bare_loop import BareLoop
from bench.suite.peers.bare_redirect import BareRedirect
from bench.suite.peers.linux_bridge import LinuxBridge
from bench.suite.peers.open_vswitch import OpenVswitch
from bench.suite.peers.vde import Vde
from bench.suite.peers.vswitch import SlowVswitch, Vswitch

# Where a suite names none.
USUAL = (Vswitch, BareLoop, LinuxBridge, OpenVswitch, Vde)
# Beside which the fast path is measured.
KERNEL = (Vswitch, BareRedirect, LinuxBridge, SlowVswitch)
ALL = (Vswitch, BareRedirect, BareLoop, LinuxBridge, OpenVswitch, Vde, SlowVswitch)
