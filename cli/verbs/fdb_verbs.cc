// Verbs of the forwarding table.
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// The positional arguments under `names`, in their order, then vlan= as a number.
absl::StatusOr<Json> FdbParams(const VerbCall& call,
                               std::initializer_list<std::string_view> names) {
  Json params = Json::object();
  const std::vector<std::string>& words = call.arguments.positional;
  size_t i = 0;
  for (const std::string_view name : names) {
    if (i < words.size()) params[std::string(name)] = words[i++];
  }
  if (const auto vlan = call.arguments.Setting("vlan"); vlan.has_value()) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(*vlan, &number)) {
      return UsageError(StrCat("vlan=", *vlan, " is no number; it is 0 (untagged) to 4094"));
    }
    params["vlan"] = number;
  }
  return params;
}

absl::StatusOr<Reply> CallFdb(const VerbCall& call, std::string_view method,
                              std::initializer_list<std::string_view> names) {
  absl::StatusOr<Json> params = FdbParams(call, names);
  if (!params.ok()) return params.status();
  return CallDaemon(call, method, *params);
}

Table EntryTable() { return Table({"BRIDGE", "MAC", "VLAN", "PORT", "KIND", "AGE_S"}); }

void AddEntry(const Json& entry, Table* table) {
  const std::string held = Field(entry, "held") == Json(true) ? ", held" : "";
  table->AddRow({TextField(entry, "bridge"), TextField(entry, "mac"), TextField(entry, "vlan"),
                 TextField(entry, "port"), TextField(entry, "kind") + held,
                 TextField(entry, "age_s")});
}

}  // namespace

absl::StatusOr<Reply> FdbShow(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallFdb(call, kMethodFdbShow, {"bridge"});
  if (!reply.ok()) return reply;
  Table table = EntryTable();
  for (const Json& entry : ListField(reply->json, "entries")) AddEntry(entry, &table);
  reply->text = table.ToString();
  return reply;
}

absl::StatusOr<Reply> FdbGet(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallFdb(call, kMethodFdbGet, {"bridge", "mac"});
  if (!reply.ok()) return reply;
  Table table = EntryTable();
  AddEntry(reply->json, &table);
  reply->text = table.ToString();
  return reply;
}

absl::StatusOr<Request> FdbAdd(const VerbCall& call) {
  absl::StatusOr<Json> params = FdbParams(call, {"bridge", "mac", "port"});
  if (!params.ok()) return params.status();
  if (call.arguments.positional.size() > 3) {
    const std::string& word = call.arguments.positional[3];
    if (word != "sticky") {
      return UsageError(StrCat("'", word, "' after the port: only 'sticky' may stand there"));
    }
    (*params)["sticky"] = true;
  }
  return Request{.method = kMethodFdbAdd, .params = *std::move(params)};
}

absl::StatusOr<Request> FdbDelete(const VerbCall& call) {
  absl::StatusOr<Json> params = FdbParams(call, {"bridge", "mac"});
  if (!params.ok()) return params.status();
  return Request{.method = kMethodFdbDel, .params = *std::move(params)};
}

absl::StatusOr<Reply> FdbFlush(const VerbCall& call) {
  absl::StatusOr<Json> params = FdbParams(call, {"bridge"});
  if (!params.ok()) return params.status();
  for (const std::string key : {"port", "mac"}) {
    if (const auto text = call.arguments.Setting(key); text.has_value()) (*params)[key] = *text;
  }
  return CallDaemon(call, kMethodFdbFlush, *params);
}

absl::StatusOr<Reply> FdbStats(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallFdb(call, kMethodFdbStats, {"bridge"});
  if (!reply.ok()) return reply;
  Table table({"BRIDGE", "ENTRIES", "STATIC", "CAPACITY", "LEARNED", "MOVED", "AGED_OUT", "EVICTED",
               "LEARN_FAILED", "LEARN_LIMITED", "HELD", "HOLDS"});
  for (const Json& row : ListField(reply->json, "bridges")) {
    table.AddRow(
        {TextField(row, "name"), TextField(row, "entries"), TextField(row, "static_entries"),
         TextField(row, "capacity"), TextField(row, "learned"), TextField(row, "moved"),
         TextField(row, "aged_out"), TextField(row, "evicted"), TextField(row, "learn_failed"),
         TextField(row, "learn_limited"), TextField(row, "held"), TextField(row, "holds")});
  }
  reply->text = table.ToString();
  return reply;
}

}  // namespace vswitch
