// What a run of tap_load found, as JSON.
#ifndef VSWITCH_BENCH_LOAD_REPORT_H_
#define VSWITCH_BENCH_LOAD_REPORT_H_

#include <cstdint>

#include "bench/load_plan.h"
#include "bench/load_receiver.h"
#include "bench/load_sender.h"
#include "nlohmann/json.hpp"

namespace vswitch {

// {"seconds", "sent", "refused", "offered_per_s", ...one receiver's members for all of them
// together, "ports": [{"port", ...}]}; bench/README.md lists the members. `start_ns`: when sending
// began.
nlohmann::json LoadReport(const LoadPlan& plan, const LoadSender& sender,
                          const LoadReceiver& receiver, uint64_t start_ns);

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_REPORT_H_
