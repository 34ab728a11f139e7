#include "switch/rpc/line_buffer.h"

namespace vswitch {

void LineBuffer::Append(std::string_view bytes) {
  // What was taken goes when it is at least half, so that moving the rest costs O(1) per byte.
  if (begin_ >= bytes_.size() - begin_) {
    bytes_.erase(0, begin_);
    scanned_ -= begin_;
    if (end_.has_value()) *end_ -= begin_;
    begin_ = 0;
  }
  bytes_ += bytes;
  Scan();
}

void LineBuffer::Finish() {
  if (!bytes_.empty() && bytes_.back() != '\n') Append("\n");
}

std::optional<LineBuffer::Line> LineBuffer::Next() {
  Line line;
  if (report_too_long_) {
    report_too_long_ = false;
    line.too_long = true;
  } else if (end_.has_value()) {
    line.text = std::string_view(bytes_).substr(begin_, *end_ - begin_);
    begin_ = *end_ + 1;
    end_.reset();
  } else {
    return std::nullopt;
  }
  Scan();
  return line;
}

void LineBuffer::Scan() {
  while (!HasLine() && scanned_ < bytes_.size()) {
    const size_t newline = bytes_.find('\n', scanned_);
    const bool complete = newline != std::string::npos;
    scanned_ = complete ? newline + 1 : bytes_.size();
    const size_t length = (complete ? newline : scanned_) - begin_;
    if (skipping_) {
      skipping_ = !complete;
      begin_ = scanned_;
    } else if (length > max_line_bytes_) {
      report_too_long_ = true;
      skipping_ = !complete;
      begin_ = scanned_;
    } else if (complete) {
      end_ = newline;
    }
  }
}

}  // namespace vswitch
