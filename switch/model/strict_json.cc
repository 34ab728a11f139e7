#include "switch/model/strict_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "switch/base/quote.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using nlohmann::json;

// Builds the value from the parser's events. A handler that returns false ends the parse.
class Builder : public nlohmann::json_sax<json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return Fail("binary value"); }
  bool start_object(size_t) override { return Open(json::object()); }
  bool start_array(size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    auto [place, is_new] = open_.back()->emplace(name, nullptr);
    if (!is_new) return Fail(StrCat("key ", Quote(name), " appears twice in one object"));
    member_ = &*place;
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without its brackets.
    std::string_view what = error.what();
    if (const size_t end = what.find("] "); end != what.npos) what.remove_prefix(end + 2);
    return Fail(Printable(what, 200));
  }

  json& value() { return root_; }
  const std::string& error() const { return error_; }

 private:
  // Puts a value where the parser is: in an array, behind a key, or at the top.
  json* Put(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool Add(json value) {
    Put(std::move(value));
    return true;
  }

  bool Open(json container) {
    if (open_.size() == kMaxJsonDepth) {
      return Fail(StrCat("nested deeper than ", kMaxJsonDepth, " levels"));
    }
    // A container is not moved while it is open: its parent only grows when it has closed.
    open_.push_back(Put(std::move(container)));
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  json root_;
  std::vector<json*> open_;  // The containers around the place where the parser is.
  json* member_ = nullptr;   // The value of the last key read.
  std::string error_;
};

}  // namespace

absl::StatusOr<json> ParseStrictJson(std::string_view text) {
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    return absl::InvalidArgumentError(StrCat("NUL byte at byte ", nul));
  }
  Builder builder;
  if (!json::sax_parse(text.begin(), text.end(), &builder)) {
    return absl::InvalidArgumentError(builder.error());
  }
  return std::move(builder.value());
}

}  // namespace vswitch
