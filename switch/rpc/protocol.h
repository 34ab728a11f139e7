// What both ends of the control socket must agree on: where it is, the names of the methods, the
// limits. docs/control-protocol.md is the contract in words. Depends on nothing, so that a client
// needs nothing of the daemon. Thread-safety: constants.
#ifndef VSWITCH_SWITCH_RPC_PROTOCOL_H_
#define VSWITCH_SWITCH_RPC_PROTOCOL_H_

#include <cstddef>
#include <string_view>

namespace vswitch {

inline constexpr std::string_view kVersion = "0.1.0";

inline constexpr std::string_view kDefaultSocketPath = "/run/vswitch/vswitchd.sock";

inline constexpr std::string_view kMethodVersion = "version";
inline constexpr std::string_view kMethodAddBr = "add_br";
inline constexpr std::string_view kMethodDelBr = "del_br";
inline constexpr std::string_view kMethodSetBr = "set_br";
inline constexpr std::string_view kMethodListBr = "list_br";
inline constexpr std::string_view kMethodAddPort = "add_port";
inline constexpr std::string_view kMethodDelPort = "del_port";
inline constexpr std::string_view kMethodMovePort = "move_port";
inline constexpr std::string_view kMethodSetPort = "set_port";
inline constexpr std::string_view kMethodListPorts = "list_ports";
inline constexpr std::string_view kMethodShow = "show";
inline constexpr std::string_view kMethodFdbShow = "fdb_show";
inline constexpr std::string_view kMethodFdbGet = "fdb_get";
inline constexpr std::string_view kMethodFdbAdd = "fdb_add";
inline constexpr std::string_view kMethodFdbDel = "fdb_del";
inline constexpr std::string_view kMethodFdbFlush = "fdb_flush";
inline constexpr std::string_view kMethodFdbStats = "fdb_stats";
inline constexpr std::string_view kMethodVlanShow = "vlan_show";
inline constexpr std::string_view kMethodVlanAdd = "vlan_add";
inline constexpr std::string_view kMethodVlanDel = "vlan_del";
inline constexpr std::string_view kMethodMdbShow = "mdb_show";
inline constexpr std::string_view kMethodMdbFlush = "mdb_flush";
inline constexpr std::string_view kMethodRstpShow = "rstp_show";
inline constexpr std::string_view kMethodStats = "stats";
inline constexpr std::string_view kMethodStatsReset = "stats_reset";
inline constexpr std::string_view kMethodMirrorAdd = "mirror_add";
inline constexpr std::string_view kMethodMirrorDel = "mirror_del";
inline constexpr std::string_view kMethodMirrorShow = "mirror_show";
inline constexpr std::string_view kMethodTrace = "trace";
inline constexpr std::string_view kMethodCapture = "capture";
inline constexpr std::string_view kMethodLogShow = "log_show";
inline constexpr std::string_view kMethodLogSet = "log_set";
inline constexpr std::string_view kMethodTransaction = "transaction";
inline constexpr std::string_view kMethodExit = "exit";

// error.code of the JSON-RPC 2.0 specification. Codes 1 to 16 are those of absl::StatusCode.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;

// A request line without its newline. A longer one is answered with kInvalidRequest and skipped.
inline constexpr size_t kMaxLineBytes = 1024 * 1024;
// Requests in one batch.
inline constexpr size_t kMaxCallsPerBatch = 100;
// Calls in one transaction.
inline constexpr size_t kMaxCallsPerTransaction = 4096;
// Connections at once; see docs/control-protocol.md for what happens to further ones.
inline constexpr size_t kMaxConnections = 256;
// Of a user other than root; and what all those leave free for root.
inline constexpr size_t kMaxConnectionsPerUser = 64;
inline constexpr size_t kConnectionsReservedForRoot = 32;
// Descriptors that go along with one reply.
inline constexpr size_t kMaxAttachedFds = 2;
// While more than this waits for a connection to read, its further requests wait too. One reply
// alone may be longer: a table of 65,536 addresses takes 6 MiB.
inline constexpr size_t kMaxReplyBacklogBytes = 4 * 1024 * 1024;

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_PROTOCOL_H_
