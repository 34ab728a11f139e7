// The web page: its files, and under /api/ what the page asks for, which are the reports of the
// control protocol (switch/rpc/report.h):
//
//   /api/show         `show`, with "taken_ms"
//   /api/stats        `stats`, with "taken_ms", and "tables": `fdb_stats`
//   /api/fdb          ?bridge=BR&find=TEXT: of `fdb_show` those that match, kMostRows at most
//
// Thread-safety: one thread, the server's. What it costs is bounded, however often it is asked
// (Paced; for the control thread: switch/observers.cc); tables of more than kMostAddresses are not
// listed at all.
#ifndef VSWITCH_SWITCH_WEB_WEB_PAGE_H_
#define VSWITCH_SWITCH_WEB_WEB_PAGE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "switch/base/paced.h"
#include "switch/core/controller.h"
#include "switch/http/server.h"
#include "switch/metrics/snapshot.h"

namespace vswitch {

// All addresses of all bridges; only how many they are, if they are too many.
struct Addresses {
  size_t total = 0;
  std::vector<FdbRow> rows;
};
// On the control thread.
Addresses TakeAddresses(Controller& controller);

// As a SnapshotSource.
using AddressSource = std::function<std::shared_ptr<const Addresses>()>;

class WebPage {
 public:
  static constexpr size_t kMostAddresses = 200'000;
  static constexpr size_t kMostRows = 200;

  WebPage(SnapshotSource snapshots, AddressSource addresses);

  HttpReply Answer(const HttpRequest& request);

 private:
  // With the text of each row that is searched: made once for all who search.
  struct Listed {
    std::shared_ptr<const Addresses> addresses;
    std::vector<std::string> texts;
  };

  static std::shared_ptr<const Listed> List(const AddressSource& source);
  HttpReply AnswerAddresses(const HttpRequest& request);

  Paced<std::string> show_;
  Paced<std::string> stats_;
  Paced<Listed> addresses_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WEB_WEB_PAGE_H_
