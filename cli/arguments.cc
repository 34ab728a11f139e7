#include "cli/arguments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/exit_code.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

std::string Join(const std::vector<std::string_view>& words) {
  std::string joined;
  for (const std::string_view word : words) joined += StrCat(joined.empty() ? "" : ", ", word);
  return joined;
}

bool IsSetting(const Signature& signature, const std::string& key) {
  return !signature.free_words ||
         std::find(signature.keys.begin(), signature.keys.end(), key) != signature.keys.end();
}

absl::Status CheckKey(const Signature& signature, const Arguments& parsed, const std::string& word,
                      const std::string& key) {
  if (key.empty()) return UsageError(StrCat("'", word, "' has no key: write key=value"));
  if (parsed.Setting(key).has_value()) return UsageError(StrCat(key, "= is there twice"));
  const bool known =
      std::find(signature.keys.begin(), signature.keys.end(), key) != signature.keys.end();
  if (known || signature.any_setting) return absl::OkStatus();
  if (signature.keys.empty()) {
    return UsageError(StrCat("'", word, "': no key=value is expected here"));
  }
  return UsageError(StrCat("unknown key '", key, "' (known: ", Join(signature.keys), ")",
                           DidYouMean(key, signature.keys)));
}

}  // namespace

std::optional<std::string> Arguments::Setting(std::string_view key) const {
  for (const auto& [name, value] : settings) {
    if (name == key) return value;
  }
  return std::nullopt;
}

Signature ParseSignature(std::string_view text) {
  const absl::string_view absl_text(text.data(), text.size());
  Signature signature;
  bool in_flag = false;
  for (absl::string_view word : absl::StrSplit(absl_text, ' ', absl::SkipEmpty())) {
    if (word == "--") {
      signature.takes_command = true;
      break;
    }
    if (word == "[-w") {
      signature.flags.push_back("w");
      in_flag = true;
      continue;
    }
    if (std::exchange(in_flag, false)) continue;  // The flag's value.
    const bool optional = absl::ConsumePrefix(&word, "[") && absl::ConsumeSuffix(&word, "]");
    const bool repeated = absl::ConsumeSuffix(&word, "...");
    if (absl::ConsumePrefix(&word, "--")) {
      signature.flags.push_back(StdView(word));
    } else if (const size_t equals = word.find('='); equals != absl::string_view::npos) {
      if (repeated) {
        signature.any_setting = true;
        signature.needs_setting = !optional;
      } else {
        signature.keys.push_back(StdView(word.substr(0, equals)));
      }
    } else if (repeated) {
      signature.any_number_more = true;
      signature.free_words = signature.free_words || word == "FILTER";
    } else if (optional) {
      ++signature.optional;
    } else {
      signature.required.push_back(StdView(word));
    }
  }
  return signature;
}

absl::StatusOr<Arguments> ParseArguments(const Signature& signature,
                                         std::span<const std::string> words) {
  const size_t most = signature.required.size() + signature.optional;
  const bool takes_settings = signature.any_setting || !signature.keys.empty();
  Arguments parsed;
  for (const std::string& word : words) {
    if (const size_t equals = word.find('=');
        equals != std::string::npos && IsSetting(signature, word.substr(0, equals))) {
      const std::string key = word.substr(0, equals);
      if (absl::Status status = CheckKey(signature, parsed, word, key); !status.ok()) return status;
      parsed.settings.emplace_back(key, word.substr(equals + 1));
    } else if (word.empty()) {
      return UsageError("an argument is empty");
    } else if (parsed.positional.size() < most || signature.any_number_more) {
      parsed.positional.push_back(word);
    } else if (takes_settings) {
      return UsageError(StrCat("'", word, "' is no key=value"));
    } else {
      return UsageError(StrCat("'", word, "' is one argument too many"));
    }
  }
  if (parsed.positional.size() < signature.required.size()) {
    return UsageError(StrCat(signature.required[parsed.positional.size()], " is missing"));
  }
  if (signature.needs_setting && parsed.settings.empty()) {
    return UsageError("a key=value is missing");
  }
  return parsed;
}

}  // namespace vswitch
