"""The switches that are measured. vswitch first and the limit beside it: neighbours in the order of
measuring are compared best."""

from bench.suite.peers.bare_loop import BareLoop
from bench.suite.peers.linux_bridge import LinuxBridge
from bench.suite.peers.open_vswitch import OpenVswitch
from bench.suite.peers.vde import Vde
from bench.suite.peers.vswitch import Vswitch

ALL = (Vswitch, BareLoop, LinuxBridge, OpenVswitch, Vde)
