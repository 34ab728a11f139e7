#include "switch/fast_path/left_maps.h"

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/fast_path/shared.h"

namespace vswitch {
namespace {

constexpr char kProgram[] = "vsw_forward";
constexpr char kAbout[] = "about";
constexpr size_t kMostMaps = 32;

using MapsByName = std::map<std::string, UniqueFd, std::less<>>;

absl::Status Explain(int error, std::string_view what) {
  const std::string message = StrCat(what, ": ", strerror(error));
  if (error != EPERM) return absl::InternalError(message);
  return absl::PermissionDeniedError(
      StrCat(message, ": run vswitchd as root or give it CAP_SYS_ADMIN too"));
}

// Empty when the program is none of ours, or gone.
absl::StatusOr<MapsByName> MapsOf(uint32_t program) {
  const UniqueFd fd(bpf_prog_get_fd_by_id(program));
  if (!fd && errno == ENOENT) return MapsByName();
  if (!fd) return Explain(errno, "cannot look at a program on a device");
  std::array<uint32_t, kMostMaps> ids{};
  bpf_prog_info info{};
  info.map_ids = reinterpret_cast<uintptr_t>(ids.data());
  info.nr_map_ids = ids.size();
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0) {
    return Explain(errno, "cannot look at a program on a device");
  }
  MapsByName maps;
  if (strcmp(info.name, kProgram) != 0) return maps;
  for (size_t i = 0; i < info.nr_map_ids && i < ids.size(); ++i) {
    UniqueFd map(bpf_map_get_fd_by_id(ids[i]));
    if (!map) return Explain(errno, "cannot look at a program's map");
    bpf_map_info map_info{};
    length = sizeof(map_info);
    if (bpf_obj_get_info_by_fd(map.get(), &map_info, &length) != 0) continue;
    maps.emplace(map_info.name, std::move(map));
  }
  return maps;
}

std::optional<about> AboutOf(const MapsByName& maps) {
  const auto map = maps.find(kAbout);
  const uint32_t key = 0;
  about what{};
  if (map == maps.end() || bpf_map_lookup_elem(map->second.get(), &key, &what) != 0) return {};
  what.switch_id[sizeof(what.switch_id) - 1] = '\0';
  return what;
}

}  // namespace

absl::StatusOr<LeftMaps> LeftMaps::Find(std::string_view switch_id,
                                        std::span<const uint32_t> programs) {
  absl::StatusOr<LeftMaps> newest = absl::NotFoundError("no program of this switch is there");
  uint32_t newest_program = 0;
  for (const uint32_t program : programs) {
    // Ids are given in turn.
    if (program <= newest_program) continue;
    absl::StatusOr<MapsByName> maps = MapsOf(program);
    if (!maps.ok()) return maps.status();
    const std::optional<about> what = AboutOf(*maps);
    if (!what.has_value() || what->switch_id != switch_id) continue;
    newest_program = program;
    if (what->layout != FAST_PATH_LAYOUT) {
      newest =
          absl::FailedPreconditionError(StrCat("its maps are of another release (layout ",
                                               what->layout, ", ours is ", FAST_PATH_LAYOUT, ")"));
      continue;
    }
    newest = LeftMaps();
    newest->by_name_ = *std::move(maps);
  }
  return newest;
}

int LeftMaps::fd(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? -1 : found->second.get();
}

absl::StatusOr<std::string> SwitchOfProgram(uint32_t program) {
  const absl::StatusOr<MapsByName> maps = MapsOf(program);
  if (!maps.ok()) return maps.status();
  const std::optional<about> what = AboutOf(*maps);
  return what.has_value() ? std::string(what->switch_id) : "";
}

}  // namespace vswitch
