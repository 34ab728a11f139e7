// "Did you mean ...?": the known word that a mistyped one most likely stands for. Used for
// settings, methods, parameters and the verbs of the command line. Thread-safety: pure functions.
// Limits: words over 40 bytes are nobody's typing error and match nothing.
#ifndef VSWITCH_SWITCH_BASE_NEAREST_H_
#define VSWITCH_SWITCH_BASE_NEAREST_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vswitch {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
// string alignment). Letters are compared without case, and '-' equals '_'.
size_t EditDistance(std::string_view a, std::string_view b);

// The nearest of `candidates` (the first one of equals), or nullopt when all are farther than a
// third of the longer word; else the only candidate that begins with `word`. The view is of the
// candidate's text.
std::optional<std::string_view> Nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

// ": did you mean 'x'?", or nothing when no candidate is near. `more` is what the message goes on
// with: as a sentence of its own behind the question, behind a semicolon when there is none.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates,
                       std::string_view more = "");

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_NEAREST_H_
