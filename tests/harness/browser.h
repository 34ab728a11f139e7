// A Chromium without a window, steered through two pipes (the DevTools protocol): opens a page,
// evaluates expressions in it, takes pictures of it. Errors: throws Error, also for an expression
// that throws.
//
// It trusts what it is shown: it runs without its own sandbox, since root may not use that.
#ifndef VSWITCH_TESTS_HARNESS_BROWSER_H_
#define VSWITCH_TESTS_HARNESS_BROWSER_H_

#include <memory>
#include <string>
#include <vector>

#include "switch/base/unique_fd.h"
#include "tests/harness/ctl.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

class Browser {
 public:
  // Why there is none to start; empty when there is.
  static std::string WhyNotThere();

  // With one empty page, inside of the namespace.
  explicit Browser(const NetNamespace& net);

  // Returns when it begins to load.
  void Open(const std::string& url);
  // The value of a JavaScript expression, which may be a promise.
  Json Evaluate(const std::string& expression);
  std::string EvaluateText(const std::string& expression) { return Evaluate(expression); }
  // Whether it is true, sooner or later.
  void ExpectTrue(const std::string& expression);

  // In CSS pixels; `scale` of them are one of the picture's.
  void SetSize(int width, int height, int scale = 1);
  void SetDark(bool dark);
  // As a PNG.
  std::string Screenshot();

  // What the page has complained of so far: exceptions, files that were refused, its own console.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  // Of the page's session, once there is one.
  Json Call(const std::string& method, const Json& params = Json::object());
  Json ReadMessage();

  TempFolder folder_;
  UniqueFd to_;
  UniqueFd from_;
  std::unique_ptr<Process> process_;
  std::string session_;
  std::string unread_;
  int last_id_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_BROWSER_H_
