#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "tests/bridge_table.h"
#include "tests/frame_builder.h"
#include "tests/group_packets.h"

namespace vswitch {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// What is before the first `separator`, which is taken away with it.
std::string_view Take(std::string_view* text, char separator) {
  const size_t end = std::min(text->find(separator), text->size());
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return Trim(taken);
}

[[noreturn]] void Refuse(std::string_view what) {
  throw std::invalid_argument("not in the language of bridge_table.cc: " + std::string(what));
}

uint32_t NumberOf(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) Refuse(text);
  return number;
}

bool IsNumber(std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; }

MacAddress AddressOf(std::string_view text) {
  if (text == "all") return kBroadcast;
  return IsNumber(text) ? Station(NumberOf(text)) : Mac(text);
}

bool IsIpGroup(std::string_view text) {
  return text.starts_with("ff0") || std::ranges::count(text, '.') == 3;
}

std::vector<uint8_t> FrameOf(std::string_view text, int port) {
  const MacAddress own = Station(static_cast<uint32_t>(port));
  if (text == "hello") return GroupPacket(text, "224.0.0.13", own);
  if (text.find('>') == text.npos) {
    const std::string_view verb = Take(&text, ':');
    return GroupPacket(verb, std::string(text), own);
  }
  const MacAddress source = AddressOf(Take(&text, '>'));
  if (IsIpGroup(text)) return GroupPacket("data", std::string(text), source);
  return FrameBuilder().From(source).To(AddressOf(text)).BuildEthernet();
}

std::vector<int> PortsOf(std::string_view text) {
  std::vector<int> ports;
  if (text == "-") return ports;
  while (!text.empty()) ports.push_back(static_cast<int>(NumberOf(Take(&text, ' '))));
  return ports;
}

BridgeStep StepOf(std::string_view line) {
  BridgeStep step{.text = line};
  step.port = static_cast<int>(NumberOf(Take(&line, ' ')));
  step.frame = FrameOf(Take(&line, ' '), step.port);
  line = Trim(line);
  step.repeats = line.starts_with('~');
  if (!step.repeats && !line.starts_with(':')) Refuse(step.text);
  line.remove_prefix(1);
  const bool differs = line.find('!') != line.npos;
  step.ours = PortsOf(Take(&line, '!'));
  step.controls = differs ? PortsOf(Trim(line)) : step.ours;
  return step;
}

void ReadLine(std::string_view line, BridgeScenario* scenario) {
  std::string_view rest = line;
  const std::string_view word = Take(&rest, ' ');
  rest = Trim(rest);
  if (word == "ours") {
    scenario->steps.push_back({.kind = BridgeStep::Kind::kOurs, .text = rest});
  } else if (word == "linux" || word == "ovs") {
    scenario->steps.push_back({.kind = BridgeStep::Kind::kControls, .text = rest});
    if (word == "ovs") scenario->control = Control::kOpenVswitch;
  } else if (word == "why" || word == "alone") {
    if (!scenario->why.empty()) scenario->why += " ";
    scenario->why += rest;
    if (word == "alone") scenario->control = Control::kNobody;
  } else {
    scenario->steps.push_back(StepOf(line));
  }
}

}  // namespace

bool SaysWhy(const BridgeScenario& scenario) {
  const bool differs = std::ranges::any_of(
      scenario.steps, [](const BridgeStep& step) { return step.ours != step.controls; });
  return !scenario.why.empty() == (differs || scenario.control == Control::kNobody);
}

std::vector<BridgeScenario> ReadBridgeTable(std::string_view table) {
  std::vector<BridgeScenario> scenarios;
  while (!table.empty()) {
    std::string_view line = Take(&table, '\n');
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('*')) {
      line.remove_prefix(1);
      scenarios.push_back({.name = std::string(Take(&line, ':')), .source = Trim(line)});
    } else if (scenarios.empty()) {
      Refuse(line);
    } else {
      ReadLine(line, &scenarios.back());
    }
  }
  return scenarios;
}

}  // namespace vswitch
