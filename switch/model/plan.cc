#include "switch/model/plan.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "absl/strings/str_join.h"
#include "switch/base/str_cat.h"
#include "switch/model/diff.h"
#include "switch/model/mirrors.h"
#include "switch/model/setting_table.h"

namespace vswitch {
namespace {

using Action = PlanStep::Action;
using Settings = std::vector<PlanStep::Setting>;

// An entry or a mirror as settings, which have no table of their own.
using Texts = std::vector<std::pair<std::string, std::string>>;

Texts TextsOf(const StaticEntrySpec& entry) {
  return {{"port", entry.port}, {"sticky", entry.sticky ? "on" : "off"}};
}
Texts TextsOf(const MirrorSpec& mirror) {
  return {{"src", absl::StrJoin(MirrorSourceNames(mirror), ",")},
          {"to", mirror.to},
          {"dir", std::string(MirrorDirectionName(mirror.direction))},
          {"vlan", mirror.vlan.has_value() ? StrCat(*mirror.vlan) : ""}};
}

Settings Differing(const Texts& before, const Texts& after) {
  Settings settings;
  for (size_t i = 0; i < after.size(); ++i) {
    if (before[i].second == after[i].second) continue;
    settings.push_back({after[i].first, before[i].second, after[i].second});
  }
  return settings;
}

template <typename Spec>
Settings Differing(const Spec& before, const Spec& after) {
  Settings settings;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    std::string was = key.Format(before);
    std::string is = key.Format(after);
    if (!key.is_alias && was != is) {
      settings.push_back({std::string(key.name), std::move(was), std::move(is)});
    }
  }
  return settings;
}

std::string NameOf(const StaticEntrySpec& entry) {
  return StrCat(entry.mac.ToString(), entry.vlan == 0 ? "" : StrCat(" vlan ", entry.vlan));
}

// A step about something that `before` had as such, or not (null), and `after` has, or not.
template <typename Spec>
PlanStep Step(std::string_view what, std::string_view bridge, std::string_view name,
              const Spec* before, const Spec* after) {
  PlanStep step{
      .what = std::string(what), .bridge = std::string(bridge), .name = std::string(name)};
  step.action = before == nullptr  ? Action::kAdd
                : after == nullptr ? Action::kDelete
                                   : Action::kChange;
  if (after == nullptr) return step;
  if constexpr (requires { TextsOf(*after); }) {
    step.settings = Differing(TextsOf(before != nullptr ? *before : Spec{}), TextsOf(*after));
  } else {
    static const Spec defaults;
    step.settings = Differing(before != nullptr ? *before : defaults, *after);
  }
  return step;
}

class Planner {
 public:
  Planner(const Desired& before, const Desired& after) : diff_(Diff(before, after)) {
    for (const PortDiff& port : diff_.ports) {
      const BridgeSpec& home = port.is_gone() ? *port.bridge_before : *port.bridge_after;
      ports_[home.name].push_back(&port);
    }
    for (const BridgeSpec& bridge : after.bridges) AddBridge(bridge.name);
    // What goes stands behind all that comes: first of bridges that stay.
    std::ranges::stable_partition(steps_,
                                  [](const PlanStep& s) { return s.action != Action::kDelete; });
    for (const BridgeDiff& bridge : diff_.bridges) {
      if (!bridge.is_gone()) continue;
      AddPorts(bridge.before->name);
      AddParts(bridge);
      Add(Step<BridgeSpec>("bridge", bridge.before->name, bridge.before->name, bridge.before,
                           nullptr));
    }
  }

  std::vector<PlanStep> steps() && { return std::move(steps_); }

 private:
  // A change without a difference is one of something else, such as a bridge's ports.
  void Add(PlanStep step) {
    if (step.action == Action::kChange && step.settings.empty()) return;
    steps_.push_back(std::move(step));
  }

  void AddBridge(const std::string& name) {
    const auto bridge = std::ranges::find_if(diff_.bridges, [&](const BridgeDiff& diff) {
      return !diff.is_gone() && diff.after->name == name;
    });
    if (bridge != diff_.bridges.end()) {
      Add(Step("bridge", name, name, bridge->before, bridge->after));
    }
    AddPorts(name);
    if (bridge != diff_.bridges.end()) AddParts(*bridge);
  }

  void AddPorts(const std::string& bridge) {
    for (const PortDiff* port : ports_[bridge]) {
      const std::string& name = port->is_gone() ? port->before->name : port->after->name;
      PlanStep step = Step("port", bridge, name, port->before, port->after);
      if (step.action == Action::kChange) {
        step.new_device = port->needs_device();
        if (port->bridge_before->name != bridge) {
          step.action = Action::kMove;
          step.from = port->bridge_before->name;
        }
      }
      Add(std::move(step));
    }
  }

  // Static entries and mirrors.
  void AddParts(const BridgeDiff& bridge) {
    const std::string& name = bridge.is_gone() ? bridge.before->name : bridge.after->name;
    std::map<std::string, const StaticEntrySpec*> old;
    if (!bridge.is_new()) {
      for (const StaticEntrySpec& entry : bridge.before->static_entries) {
        old[NameOf(entry)] = &entry;
      }
    }
    for (const StaticEntrySpec* entry : bridge.entries_set) {
      const auto was = old.find(NameOf(*entry));
      Add(Step("fdb", name, NameOf(*entry), was == old.end() ? nullptr : was->second, entry));
    }
    std::map<std::string, const StaticEntrySpec*> gone;
    for (const StaticEntrySpec* entry : bridge.entries_gone) gone[NameOf(*entry)] = entry;
    for (const auto& [text, entry] : gone) {
      Add(Step<StaticEntrySpec>("fdb", name, text, entry, nullptr));
    }
    AddMirrors(name, bridge.is_new() ? std::span<const MirrorSpec>() : bridge.before->mirrors,
               bridge.is_gone() ? std::span<const MirrorSpec>() : bridge.after->mirrors);
  }

  void AddMirrors(const std::string& bridge, std::span<const MirrorSpec> before,
                  std::span<const MirrorSpec> after) {
    const auto find = [](std::span<const MirrorSpec> all, const std::string& name) {
      const auto found = std::ranges::find(all, name, &MirrorSpec::name);
      return found == all.end() ? nullptr : &*found;
    };
    for (const MirrorSpec& mirror : after) {
      Add(Step("mirror", bridge, mirror.name, find(before, mirror.name), &mirror));
    }
    for (const MirrorSpec& mirror : before) {
      if (find(after, mirror.name) != nullptr) continue;
      Add(Step<MirrorSpec>("mirror", bridge, mirror.name, &mirror, nullptr));
    }
  }

  const StateDiff diff_;
  // By the bridges that they are on, or leave.
  std::map<std::string, std::vector<const PortDiff*>> ports_;
  std::vector<PlanStep> steps_;
};

}  // namespace

std::string_view PlanActionName(PlanStep::Action action) {
  switch (action) {
    case Action::kAdd:
      return "add";
    case Action::kChange:
      return "change";
    case Action::kMove:
      return "move";
    case Action::kDelete:
      return "delete";
  }
  return "";
}

std::vector<PlanStep> PlanOf(const Desired& before, const Desired& after) {
  return Planner(before, after).steps();
}

std::string PlanStepText(const PlanStep& step) {
  std::string text = StrCat(PlanActionName(step.action), " ", step.what, " ", step.name);
  if (step.what != "bridge") text += StrCat(" on ", step.bridge);
  if (!step.from.empty()) text += StrCat(", which leaves ", step.from);
  for (const auto& [key, before, after] : step.settings) {
    text += StrCat(" ", key, "=", after);
    if (step.action != Action::kAdd) text += StrCat(" (was ", before, ")");
  }
  return text;
}

}  // namespace vswitch
