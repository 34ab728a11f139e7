// The table of verbs: what there is to know of each. See verbs.h.
#include <span>
#include <string_view>

#include "cli/doctor/doctor.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/settings_help.h"
#include "cli/verbs/verbs.h"

namespace vswitch {
namespace {

constexpr std::string_view kAddPortNotes = R"(
The owner of a tap port may start QEMU on it without root. It is the user who asks; under sudo it is
the user who typed sudo, since vswitchctl then asks in the name of $SUDO_UID. owner=root keeps the
port to root.
)";

constexpr std::string_view kDelBridgeNotes =
    R"(With --force its ports go along, each as 'del-port --force' would have it,
in one change.
)";

constexpr std::string_view kDelPortNotes = R"(A TAP that the switch made goes with its port. While a
guest has it open it is kept, set down, and this says who has it; it goes when the guest lets go,
and 'add-port' of the same name takes it up again. --force deletes it at once, also later; its guest
then has to be started anew.
)";

constexpr std::string_view kMovePortNotes =
    R"(The device stays, and so do the guest, the settings and
the counters. What the old bridge has learned of the port is forgotten, and its static entries there
are deleted.
)";

constexpr std::string_view kVlanShowNotes =
    R"(A port without VLAN settings is transparent: it passes all VLANs with their tags.
'vlan add', 'vlan del' and 'set port' change them.
)";

constexpr std::string_view kVlanAddNotes =
    R"(As 'bridge vlan add' does. N is the VLAN in which frames leave with a tag; pvid makes it also
the one that untagged frames are in, and with untagged it leaves without a tag. These are the
settings vlan_mode, tag and trunks. A port has one VLAN at most that leaves it untagged, its PVID.
A port without VLAN settings begins with none but those that are added.
)";

constexpr std::string_view kFdbAddNotes =
    R"(A sticky entry ages as a learned one does, and each frame of its
station keeps it young; but the station cannot be learned elsewhere before it has aged out. It goes
while nothing passes by its port (down, blocked, discarded by a spanning tree, a mirror's target),
and comes back when something does, and when the daemon starts; only 'fdb del' ends that.
)";

constexpr std::string_view kStatsNotes = R"(Ingress is into the switch, egress out of it.
Only reasons that dropped a frame are shown; --json has them all.
Over all ports, ingress + flood copies + mirror copies + originated frames (the switch's own) =
egress + drops, at rest. A port that is deleted takes its counters along: what it exchanged with
others stays counted at those alone, so the sum no longer holds.
--watch shows each second what was counted since the last, and with --json each second's counters.
--reset lets all ports and workers count from zero, not the tables ('fdb stats') nor 'repairs';
frames that are on their way at that moment are counted only where they leave.
)";

constexpr std::string_view kMirrorNotes =
    R"(ingress is what the ports send, as it came; egress what is sent to them, as it leaves;
both unless dir= is given. The port of to= is for the copies alone: nothing else leaves by it, and
what it sends is dropped (mirror_target). It gets one copy of a frame at most. The ports of src=
and to= are off the fast path. A port that is deleted leaves its mirrors; the port of to= cannot be
deleted before its mirror.
)";

constexpr std::string_view kTraceNotes =
    R"(The frame is given whole, in hex from its destination address on,
or as src=, dst= and, if it has such, vlan= and ethertype= (0x88b5 unless given); its payload is
zeros then. Nothing is sent, learned or counted.
)";

constexpr std::string_view kCaptureNotes =
    R"(FILTER is libpcap's language ('man pcap-filter'): all words from the first
that names no port. In is what the port's other end has sent, Out what is sent to it. -w FILE writes
pcapng, -w - to standard output; without it each frame is a line. With drops=on a dropped frame has
its reason, and one that was dropped on its way out of a port is there too.
Ends by Ctrl-C or after count= packets. Until then the ports are off the fast path.
)";

constexpr std::string_view kMdbNotes =
    R"(Of bridges with mcast_snooping=on. A group without a port is one that its last
member has left: it goes to router ports only, until it expires. An overflowed port has joined more
groups than are kept of it, and gets all of them.
)";

constexpr std::string_view kDoctorNotes = R"(
With each finding goes the command that cures it. It works without a daemon, and looks at the
machine then; and without root: what that cannot see is unknown, never ok. It ends with 7 when there
is a problem, with --strict also when there is a warning or something unknown.
)";

constexpr std::string_view kLogNotes =
    R"(LEVEL is error, warning, info or verbose: that and what is graver.
info tells of start and end, each change and who asked for it, each port that goes or comes.
A daemon that is started again begins with info.
)";

constexpr std::string_view kQemuNotes =
    R"(The MAC is made of the port's name, so it stays the same and
differs from port to port. QEMU's own default is 52:54:00:12:34:56 in every guest, and two guests
with one MAC cannot talk. Where two hosts share a network, ports of the same name on both have the
same MAC: give one with mac=.
A port with queues=N gets queues=N and mq=on; one whose mtu is not 1500 tells it to the guest
(host_mtu).
)";

constexpr std::string_view kRunNotes =
    R"(The arguments that 'qemu-args PORT' prints are put after those
of COMMAND. Then vswitchctl becomes COMMAND, so the exit code is COMMAND's own (127 if it is not
found, 126 if it cannot be run). Before that it looks whether this user can open the port's TAP, and
says why not.
)";

constexpr std::string_view kExitNotes =
    R"(Guests keep their TAPs, set down; a daemon started later serves them again.
With --keep-forwarding their links stay up, as for an upgrade: the kernel goes on forwarding between
stations that it knows until their entries age out, and drops everything else. The next daemon takes
over what it knows, without losing a frame of these.
)";

constexpr Verb kVerbs[] = {
    {"add-br", "[--may-exist] BR [key=value...]", "make a bridge",
     "vswitchctl add-br br0 ageing_s=300", "", AddBridge, BridgeSettingsHelp},
    {"del-br", "[--if-exists] [--force] BR", "delete a bridge that has no ports any more",
     "vswitchctl --force del-br br0", kDelBridgeNotes, DeleteBridge},
    {"list-br", "", "list the bridges' names", "vswitchctl list-br", "", ListBridges},
    {"add-port", "[--may-exist] BR PORT [type=TYPE] [key=value...]", "add a port to a bridge",
     "vswitchctl add-port br0 vm0 mtu=9000", kAddPortNotes, AddPort, PortSettingsHelp},
    {"del-port", "[--if-exists] [--force] [BR] PORT",
     "delete a port (only if it is one of BR, if BR is given)", "vswitchctl del-port br0 vm0",
     kDelPortNotes, DeletePort},
    {"move-port", "PORT BR", "put a port into another bridge, with its guest running",
     "vswitchctl move-port vm0 br1", kMovePortNotes, MovePort},
    {"list-ports", "BR", "list the names of a bridge's ports", "vswitchctl list-ports br0", "",
     ListPorts},
    {"port-to-br", "PORT", "print the name of the bridge that a port is on",
     "vswitchctl port-to-br vm0", "", PortToBridge},
    {"show", "", "show bridges and ports, and why a port is not up", "vswitchctl show",
     "The state of a port is up, down (no guest, or no carrier), missing (its device was\n"
     "deleted or moved away), broken (it cannot pass frames) or blocked (by loop_guard or\n"
     "bpdu_guard); DETAIL tells why.\n",
     Show},
    {"get port", "PORT [KEY]", "print one port's fields, or one of them",
     "vswitchctl get port vm0 state", "", GetPort},
    {"get br", "BR [KEY]", "print one bridge's fields, or one of them",
     "vswitchctl get br br0 ageing_s", "", GetBridge},
    {"set port", "PORT key=value...", "change a port's settings",
     "vswitchctl set port vm0 mtu=9000", "", SetPort, ChangeablePortSettingsHelp},
    {"set br", "BR key=value...", "change a bridge's settings", "vswitchctl set br br0 ageing_s=60",
     "", SetBridge},
    {"fdb show", "[BR]", "show the forwarding table: which MAC is on which port",
     "vswitchctl fdb show br0", "", FdbShow},
    {"fdb get", "BR MAC [vlan=N]", "show one entry", "vswitchctl fdb get br0 52:54:00:12:ab:cd", "",
     FdbGet},
    {"fdb add", "BR MAC PORT [sticky] [vlan=N]",
     "add a static entry, which neither ages nor moves, or a sticky one",
     "vswitchctl fdb add br0 52:54:00:12:ab:cd vm0 sticky", kFdbAddNotes, FdbAdd},
    {"fdb del", "BR MAC [vlan=N]", "delete an entry", "vswitchctl fdb del br0 52:54:00:12:ab:cd",
     "", FdbDelete},
    {"fdb flush", "BR [port=PORT] [vlan=N] [mac=MAC]",
     "forget learned entries: all, or of a port, a VLAN, an address",
     "vswitchctl fdb flush br0 mac=52:54:00:12:ab:cd", "", FdbFlush},
    {"fdb stats", "[BR]", "show how full the forwarding table is and what happened to it",
     "vswitchctl fdb stats", "", FdbStats},
    {"vlan show", "[BR]", "show which VLANs each port carries", "vswitchctl vlan show br0",
     kVlanShowNotes, VlanShow},
    {"vlan add", "PORT vid N[-M] [pvid] [untagged]", "put a port into VLANs",
     "vswitchctl vlan add vm0 vid 10 pvid untagged", kVlanAddNotes, VlanAdd},
    {"vlan del", "PORT vid N[-M]", "take a port out of VLANs", "vswitchctl vlan del vm0 vid 20-30",
     "", VlanDelete},
    {"mdb show", "[BR]", "show who has joined which multicast group, and where routers are",
     "vswitchctl mdb show br0", kMdbNotes, MdbShow},
    {"mdb flush", "BR", "forget groups, router ports and queriers that were learned",
     "vswitchctl mdb flush br0", "", MdbFlush},
    {"rstp show", "[BR]", "show the spanning tree of bridges with rstp=on",
     "vswitchctl rstp show br0", "", RstpShow},
    {"stats", "[--watch] [--reset] [PORT...]",
     "show counters: frames, bytes and drops of each port, and the workers",
     "vswitchctl --json stats", kStatsNotes, Stats},
    {"mirror add", "BR NAME src=PORT,...|all to=PORT [dir=ingress|egress|both] [vlan=N]",
     "copy the frames of ports to another port", "vswitchctl mirror add br0 m1 src=vm0,vm1 to=vm9",
     kMirrorNotes, MirrorAdd},
    {"mirror del", "BR NAME", "end a mirror", "vswitchctl mirror del br0 m1", "", MirrorDelete},
    {"mirror show", "[BR]", "show mirrors", "vswitchctl mirror show br0", "", MirrorShow},
    {"trace", "PORT [FRAME-HEX] [src=MAC] [dst=MAC] [vlan=N] [ethertype=TYPE]",
     "tell what would become of a frame from a port, stage by stage",
     "vswitchctl trace vm0 src=52:54:00:12:ab:cd dst=ff:ff:ff:ff:ff:ff vlan=10", kTraceNotes,
     TraceFrame},
    {"capture", "PORT [PORT...] [FILTER...] [-w FILE] [count=N] [drops=on]",
     "show the frames of ports, or write them as pcapng",
     "vswitchctl capture vm0 -w - | tcpdump -r -", kCaptureNotes, CaptureFrames},
    {"qemu-args", "PORT [mac=MAC] [model=DEVICE]",
     "print the QEMU arguments that attach a guest to a port",
     "qemu-system-x86_64 -m 512 -hda disk.img $(vswitchctl qemu-args vm0)", kQemuNotes, QemuArgs},
    {"run", "PORT [mac=MAC] [model=DEVICE] -- COMMAND [ARG...]",
     "run QEMU with a port's arguments added",
     "vswitchctl run vm0 -- qemu-system-x86_64 -m 512 -nographic -hda disk.img", kRunNotes,
     RunCommand},
    {"doctor", "[--strict] [PORT...]",
     "look for what is wrong with the machine, the daemon and its ports", "vswitchctl doctor vm0",
     kDoctorNotes, Doctor, DoctorChecksHelp},
    {"log show", "", "print how much the daemon logs", "vswitchctl log show", "", LogShow},
    {"log set", "LEVEL", "change how much the daemon logs", "vswitchctl log set warning", kLogNotes,
     LogSet},
    {"version", "", "print the versions of vswitchctl and vswitchd", "vswitchctl version", "",
     Version},
    {"exit", "[--keep-forwarding]", "end the daemon, as SIGTERM does", "vswitchctl exit",
     kExitNotes, Exit},
    {"help", "[VERB...]", "print all verbs, or one in detail", "vswitchctl help add-port", "",
     Help},
};

}  // namespace

std::span<const Verb> Verbs() { return kVerbs; }

}  // namespace vswitch
