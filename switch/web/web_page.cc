#include "switch/web/web_page.h"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/report.h"

namespace vswitch {
namespace {

using Text = std::shared_ptr<const std::string>;

// The files are part of the program: there is nothing to install, and nothing that could be another
// release's.
struct File {
  std::string_view path;
  std::string_view type;
  std::string_view text;
};

constexpr std::string_view kScript = "text/javascript; charset=utf-8";

constexpr File kFiles[] = {
    {
        "/",
        "text/html; charset=utf-8",
#include "switch/web/index.html.inc"
    },
    {
        "/vswitch.css",
        "text/css; charset=utf-8",
#include "switch/web/vswitch.css.inc"
    },
    {
        "/icon.svg",
        "image/svg+xml",
#include "switch/web/icon.svg.inc"
    },
    {
        "/main.js",
        kScript,
#include "switch/web/main.js.inc"
    },
    {
        "/model.js",
        kScript,
#include "switch/web/model.js.inc"
    },
    {
        "/topology.js",
        kScript,
#include "switch/web/topology.js.inc"
    },
    {
        "/tables.js",
        kScript,
#include "switch/web/tables.js.inc"
    },
    {
        "/details.js",
        kScript,
#include "switch/web/details.js.inc"
    },
    {
        "/format.js",
        kScript,
#include "switch/web/format.js.inc"
    },
};

// Each is made in no more than a tenth of this thread's time; what it waits for the control thread
// is none of it.
constexpr int kCostFactor = 10;
constexpr auto kLeastPause = std::chrono::milliseconds(250);
constexpr auto kLeastAddressPause = std::chrono::seconds(1);

constexpr std::string_view kJson = "application/json";

Text MakeShow(const SnapshotSource& source) {
  const auto snapshot = source();
  if (snapshot == nullptr) return nullptr;
  return std::make_shared<const std::string>(
      DumpJson(Report{{"taken_ms", snapshot->taken_us / 1000},
                      {"version", kVersion},
                      {"bridges", ReportBridges(snapshot->bridges)}}));
}

Text MakeStats(const SnapshotSource& source) {
  const auto snapshot = source();
  if (snapshot == nullptr) return nullptr;
  Report report = ReportStats(snapshot->stats);
  report["taken_ms"] = snapshot->taken_us / 1000;
  Report& tables = report["tables"] = Report::array();
  for (const auto& [bridge, table] : snapshot->tables) {
    tables.push_back(ReportTable(bridge, table));
  }
  return std::make_shared<const std::string>(DumpJson(report));
}

std::string Argument(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

HttpReply JsonReply(Text text) {
  if (text == nullptr) return HttpReply::Error(503, "vswitchd is ending");
  return {.content_type = std::string(kJson), .body = std::move(text)};
}

}  // namespace

Addresses TakeAddresses(Controller& controller) {
  Addresses addresses;
  const auto tables = controller.FdbStats("");
  if (!tables.ok()) return addresses;
  for (const auto& [bridge, table] : *tables) addresses.total += table.table.entries;
  if (addresses.total > WebPage::kMostAddresses) return addresses;
  auto rows = controller.FdbShow("");
  if (rows.ok()) addresses.rows = *std::move(rows);
  addresses.total = addresses.rows.size();
  return addresses;
}

WebPage::WebPage(SnapshotSource snapshots, AddressSource addresses)
    : show_([snapshots] { return MakeShow(snapshots); }, kLeastPause, kCostFactor, ThreadCpuNow),
      stats_([snapshots] { return MakeStats(snapshots); }, kLeastPause, kCostFactor, ThreadCpuNow),
      addresses_([addresses = std::move(addresses)] { return List(addresses); }, kLeastAddressPause,
                 kCostFactor, ThreadCpuNow) {}

HttpReply WebPage::Answer(const HttpRequest& request) {
  if (request.path == "/api/show") return JsonReply(show_.Get());
  if (request.path == "/api/stats") return JsonReply(stats_.Get());
  if (request.path == "/api/fdb") return AnswerAddresses(request);
  for (const File& file : kFiles) {
    if (request.path != file.path) continue;
    return {.content_type = std::string(file.type),
            .body = std::make_shared<const std::string>(file.text)};
  }
  return HttpReply::Error(404, "there is no such page: begin at /");
}

std::shared_ptr<const WebPage::Listed> WebPage::List(const AddressSource& source) {
  auto listed = std::make_shared<Listed>(Listed{.addresses = source()});
  if (listed->addresses == nullptr) return nullptr;
  listed->texts.reserve(listed->addresses->rows.size());
  for (const FdbRow& row : listed->addresses->rows) {
    listed->texts.push_back(row.mac.ToString() + '\n' + absl::AsciiStrToLower(row.port));
  }
  return listed;
}

HttpReply WebPage::AnswerAddresses(const HttpRequest& request) {
  const auto listed = addresses_.Get();
  if (listed == nullptr) return JsonReply(nullptr);
  const Addresses& addresses = *listed->addresses;
  const std::string bridge = Argument(request, "bridge");
  const std::string find = absl::AsciiStrToLower(Argument(request, "find"));
  size_t found = 0;
  std::string entries;
  for (size_t i = 0; i < addresses.rows.size(); ++i) {
    const FdbRow& row = addresses.rows[i];
    if (!bridge.empty() && row.bridge != bridge) continue;
    if (listed->texts[i].find(find) == std::string::npos) continue;
    if (++found > kMostRows) continue;
    if (!entries.empty()) entries += ',';
    AppendFdbRow(row, &entries);
  }
  const bool too_many = addresses.total > addresses.rows.size();
  std::string text =
      DumpJson(Report{{"total", addresses.total}, {"found", found}, {"too_many", too_many}});
  text.pop_back();
  text += ",\"entries\":[" + entries + "]}";
  return JsonReply(std::make_shared<const std::string>(std::move(text)));
}

}  // namespace vswitch
