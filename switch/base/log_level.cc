#include "switch/base/log_level.h"

#include <vector>

#include "glog/logging.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/base/word_list.h"

namespace vswitch {
namespace {

struct Level {
  std::string_view name;
  int least;      // Of glog's severities.
  int verbosity;  // VLOG(n) up to this.
};
constexpr Level kLevels[] = {
    {"error", google::GLOG_ERROR, 0},
    {"warning", google::GLOG_WARNING, 0},
    {"info", google::GLOG_INFO, 0},
    {"verbose", google::GLOG_INFO, 1},
};

}  // namespace

absl::Status SetLogLevel(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Level& level : kLevels) {
    names.push_back(level.name);
    if (level.name != name) continue;
    FLAGS_minloglevel = level.least;
    FLAGS_v = level.verbosity;
    return absl::OkStatus();
  }
  const std::string give = StrCat("give ", WordList(names, "or"));
  return absl::InvalidArgumentError(
      StrCat(Quote(name), " is no log level", DidYouMean(name, names, give)));
}

std::string_view LogLevel() {
  if (FLAGS_minloglevel > google::GLOG_WARNING) return "error";
  if (FLAGS_minloglevel == google::GLOG_WARNING) return "warning";
  return FLAGS_v > 0 ? "verbose" : "info";
}

}  // namespace vswitch
