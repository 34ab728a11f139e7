// The state machines of IEEE 802.1D-2004, clause 17, one file each or two. Each function is a step:
// it makes the one transition that the port's variables call for, and returns false when there is
// none. Bridge::Run() takes steps until all of them rest.
//
// rstpVersion (17.20.11) is always true: this bridge speaks RSTP, and STP where a neighbour does.
//
// Where 802.1D-2004 is unclear or wrong, 802.1Q-2011, clause 13, which describes the same machines
// anew, is followed: recordDispute() and the timer of an alternate port.
#ifndef VSWITCH_BRIDGE_RSTP_MACHINES_H_
#define VSWITCH_BRIDGE_RSTP_MACHINES_H_

#include "bridge/rstp/variables.h"

namespace vswitch::rstp {

bool PortReceive(Port& port);                             // 17.23, figure 17-14
bool PortProtocolMigration(Port& port);                   // 17.24, figure 17-15
bool BridgeDetection(Port& port);                         // 17.25, figure 17-16
bool PortTransmit(Variables& bridge, Port& port);         // 17.26, figure 17-17
bool PortInformation(Port& port);                         // 17.27, figure 17-18
bool PortRoleSelection(Variables& bridge);                // 17.28, figure 17-19
bool PortRoleTransitions(Variables& bridge, Port& port);  // 17.29, figures 17-20 to 17-23
bool PortStateTransition(Port& port);                     // 17.30, figure 17-24
bool TopologyChange(Variables& bridge, Port& port);       // 17.31, figure 17-25

// BEGIN (17.18.1), of a port that is new.
void Begin(Variables& bridge, Port& port);

// 17.22: a second has passed.
void TickTimers(Port& port);

}  // namespace vswitch::rstp

#endif  // VSWITCH_BRIDGE_RSTP_MACHINES_H_
