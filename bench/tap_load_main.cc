// tap_load: plays the guests of a switch. Sends numbered, stamped frames on some ports, receives
// them on others, and prints as one JSON object how many came, how late, and in what order.
//
//   tap_load --senders=tap:vm0 --receivers=tap:vm1 --rate=100000 --seconds=2
//
// bench/README.md describes ports, modes and members of the result.
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "bench/load_plan.h"
#include "bench/load_receiver.h"
#include "bench/load_report.h"
#include "bench/load_sender.h"
#include "bench/tool_main.h"
#include "gflags/gflags.h"

DEFINE_string(senders, "",
              "Ports that send, with commas: tap:NAME[@NETNS], plain:NAME[@NETNS], "
              "netdev:NAME[@NETNS].");
DEFINE_string(receivers, "", "Ports that receive. Every sender sends to every other receiver.");
DEFINE_string(stopped, "", "Ports that are sent to but never read.");
DEFINE_string(monitors, "", "Ports that read what was not sent to them.");
DEFINE_bool(broadcast, false, "Send to the broadcast address.");
DEFINE_string(broadcast_to, "ff:ff:ff:ff:ff:ff",
              "With --broadcast: to this address, of a group or of nobody.");
DEFINE_uint32(frame_bytes, 60, "Length of a frame, Ethernet header included.");
DEFINE_uint32(segment_bytes, 0,
              "Not 0: frames are TCP super-frames with segments of this payload.");
DEFINE_uint32(flows, 1, "Flows of each pair of sender and receiver.");
DEFINE_uint32(addresses, 1, "Addresses of each receiver, sent to in turn.");
DEFINE_double(learning_rate, 0, "Addresses announced per second; 0: as fast as it goes.");
DEFINE_uint32(burst, 1, "With a rate: frames sent at once. The sender sleeps between them.");
DEFINE_double(
    moves_per_s, 0,
    "Not 0: the receivers, three or more, are places of one station, which goes from each "
    "to the next so often.");
DEFINE_string(rate, "0",
              "Frames per second of all senders together, 0 for as many as go; "
              "with commas: one after the other.");
DEFINE_string(seconds, "1", "How long to send; with commas: for each rate.");

namespace {

// Between announcing addresses and sending to them, and before the end of sending is known.
constexpr uint64_t kSettleNs = 50'000'000;

std::vector<std::string> Words(const std::string& list) {
  return absl::StrSplit(list, ',', absl::SkipEmpty());
}

absl::StatusOr<std::vector<vswitch::LoadOptions::Phase>> ReadPhases() {
  const std::vector<std::string> rates = Words(FLAGS_rate);
  const std::vector<std::string> seconds = Words(FLAGS_seconds);
  if (rates.size() != seconds.size()) {
    return absl::InvalidArgumentError("--rate and --seconds must have as many values");
  }
  std::vector<vswitch::LoadOptions::Phase> phases(rates.size());
  for (size_t i = 0; i < rates.size(); ++i) {
    if (!absl::SimpleAtod(rates[i], &phases[i].frames_per_s) || phases[i].frames_per_s < 0 ||
        !absl::SimpleAtod(seconds[i], &phases[i].seconds) || phases[i].seconds <= 0) {
      return absl::InvalidArgumentError("--rate and --seconds must be numbers");
    }
  }
  return phases;
}

absl::StatusOr<vswitch::LoadOptions> ReadFlags() {
  if (FLAGS_frame_bytes < vswitch::kMinLoadFrameBytes ||
      FLAGS_frame_bytes > vswitch::kMaxLoadFrameBytes || FLAGS_segment_bytes > 65535 ||
      FLAGS_flows == 0 || FLAGS_addresses == 0 || FLAGS_burst == 0 || FLAGS_moves_per_s < 0) {
    return absl::InvalidArgumentError(
        "--frame_bytes must be 60 to 65214, --segment_bytes at most 65535, --flows, --addresses "
        "and "
        "--burst 1 or more, --moves_per_s 0 or more");
  }
  const auto phases = ReadPhases();
  if (!phases.ok()) return phases.status();
  const auto everybody = vswitch::MacAddress::Parse(FLAGS_broadcast_to);
  if (!everybody) return absl::InvalidArgumentError("--broadcast_to must be a MAC address");
  return vswitch::LoadOptions{.senders = Words(FLAGS_senders),
                              .receivers = Words(FLAGS_receivers),
                              .stopped = Words(FLAGS_stopped),
                              .monitors = Words(FLAGS_monitors),
                              .broadcast = FLAGS_broadcast,
                              .everybody = *everybody,
                              .frame_bytes = FLAGS_frame_bytes,
                              .segment_bytes = static_cast<uint16_t>(FLAGS_segment_bytes),
                              .flows = FLAGS_flows,
                              .addresses = FLAGS_addresses,
                              .learning_rate = FLAGS_learning_rate,
                              .burst = FLAGS_burst,
                              .moves_per_s = FLAGS_moves_per_s,
                              .phases = *phases};
}

absl::Status Run() {
  const auto options = ReadFlags();
  if (!options.ok()) return options.status();
  const auto plan = vswitch::LoadPlan::Make(*options);
  if (!plan.ok()) return plan.status();
  vswitch::LoadSender sender(*plan);
  vswitch::LoadReceiver receiver(*plan);
  absl::Status status = receiver.Open();
  if (!status.ok()) return status;

  sender.SendLearningFrames();
  const uint64_t start = vswitch::NowNs() + kSettleNs;
  double seconds = 0;
  for (const auto& phase : plan->options.phases) seconds += phase.seconds;
  const uint64_t end = start + static_cast<uint64_t>(seconds * 1e9);
  std::thread receiving([&] { receiver.Run(end); });
  sender.Run(start);
  receiver.Stop();
  receiving.join();
  std::cout << vswitch::LoadReport(*plan, sender, receiver, start).dump() << "\n";
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  return vswitch::ToolMain(argc, argv, "plays the guests of a switch; see bench/README.md", Run);
}
