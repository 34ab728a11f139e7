// Other people's text in our messages: whatever a client, a file or a device name holds may end up
// on a terminal or in a log, so it is cut to a sensible length and stripped of control characters.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_BASE_QUOTE_H_
#define VSWITCH_SWITCH_BASE_QUOTE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace vswitch {

// Every byte that is not printable ASCII becomes \xNN; at most `max_bytes` of `text` are shown, and
// "..." tells that there was more.
std::string Printable(std::string_view text, size_t max_bytes);

// 'text', printable and at most 40 bytes of it.
std::string Quote(std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_QUOTE_H_
