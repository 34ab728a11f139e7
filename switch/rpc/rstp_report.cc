// Spanning trees as JSON.
#include <nlohmann/json.hpp>
#include <utility>

#include "switch/rpc/report.h"

namespace vswitch {
namespace {

Report ReportTreePort(const RstpPortStatus& port) {
  return {
      {"port", port.port},
      {"port_id", port.port_id},
      {"role", port.role},
      {"state", port.state},
      {"path_cost", port.path_cost},
      {"edge", port.edge},
      {"point_to_point", port.point_to_point},
      {"protocol", port.protocol},
      {"designated_bridge", port.designated_bridge},
      {"designated_port", port.designated_port},
      {"designated_cost", port.designated_cost},
      {"ingress_bpdus", port.ingress_bpdus},
      {"egress_bpdus", port.egress_bpdus},
      {"ignored_bpdus", port.ignored_bpdus},
  };
}

}  // namespace

Report ReportTrees(const std::vector<RstpStatus>& trees) {
  Report all = Report::array();
  for (const RstpStatus& tree : trees) {
    Report ports = Report::array();
    for (const RstpPortStatus& port : tree.ports) ports.push_back(ReportTreePort(port));
    Report& report = all.emplace_back(Report{{"bridge", tree.bridge},
                                             {"bridge_id", tree.bridge_id},
                                             {"root_id", tree.root_id},
                                             {"root_port", nullptr},
                                             {"root_path_cost", tree.root_path_cost},
                                             {"max_age_s", tree.max_age_s},
                                             {"hello_time_s", tree.hello_time_s},
                                             {"forward_delay_s", tree.forward_delay_s},
                                             {"topology_change", tree.topology_change},
                                             {"topology_changes", tree.topology_changes},
                                             {"ports", std::move(ports)}});
    if (!tree.root_port.empty()) report["root_port"] = tree.root_port;
  }
  return all;
}

}  // namespace vswitch
