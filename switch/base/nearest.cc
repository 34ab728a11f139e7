#include "switch/base/nearest.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr size_t kMaxWordBytes = 40;

char Fold(char c) { return c == '-' ? '_' : absl::ascii_tolower(static_cast<unsigned char>(c)); }

std::string Fold(std::string_view word) {
  std::string folded(word);
  for (char& c : folded) c = Fold(c);
  return folded;
}

}  // namespace

size_t EditDistance(std::string_view raw_a, std::string_view raw_b) {
  const std::string a = Fold(raw_a);
  const std::string b = Fold(raw_b);
  // rows[i % 3][j]: the distance of a's first i and b's first j characters. A swap looks two rows
  // back.
  std::array<std::vector<size_t>, 3> rows;
  for (auto& row : rows) row.resize(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    const auto& above = rows[(i - 1) % 3];
    auto& row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::optional<std::string_view> Nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kMaxWordBytes) return std::nullopt;
  std::optional<std::string_view> best;
  size_t best_distance = 0;
  for (const std::string_view candidate : candidates) {
    // Further away than this, a suggestion misleads more often than it helps.
    const size_t limit = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
    const size_t distance = EditDistance(word, candidate);
    if (distance > limit || distance >= candidate.size()) continue;
    if (!best.has_value() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (best.has_value() || word.size() < 3) return best;

  const std::string prefix = Fold(word);
  for (const std::string_view candidate : candidates) {
    if (Fold(candidate.substr(0, prefix.size())) != prefix) continue;
    if (best.has_value()) return std::nullopt;  // It may be either.
    best = candidate;
  }
  return best;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates,
                       std::string_view more) {
  const std::optional<std::string_view> nearest = Nearest(word, candidates);
  if (!nearest.has_value()) return more.empty() ? "" : StrCat("; ", more);
  const std::string question = StrCat(": did you mean '", *nearest, "'?");
  if (more.empty()) return question;
  std::string sentence(more);
  sentence[0] = absl::ascii_toupper(static_cast<unsigned char>(sentence[0]));
  return StrCat(question, " ", sentence);
}

}  // namespace vswitch
