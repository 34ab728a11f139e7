#include "switch/port/qdisc_drops.h"

#include <utility>

namespace vswitch {
namespace {

std::optional<QdiscInfo> RootOf(const LinkInfo& link) {
  if (link.qdisc == "noqueue" || link.qdisc == "noop") return std::nullopt;
  return FindRootQdisc(link).value_or(std::nullopt);
}

}  // namespace

void QdiscDrops::Begin(const LinkInfo& link) {
  *this = {};
  if (const std::optional<QdiscInfo> root = RootOf(link)) {
    present_ = {.handle = root->handle, .dropped = root->dropped};
  }
}

uint64_t QdiscDrops::Read(const LinkInfo& link) {
  if (const std::optional<QdiscInfo> root = RootOf(link)) See(*root);
  return total_;
}

void QdiscDrops::See(const QdiscInfo& qdisc) {
  // Of the same handle with less behind it is another one.
  if (present_ && (present_->handle != qdisc.handle || present_->dropped > qdisc.dropped)) {
    former_ = std::exchange(present_, std::nullopt);
  }
  if (!present_) present_ = {.handle = qdisc.handle};
  total_ += qdisc.dropped - std::exchange(present_->dropped, qdisc.dropped);
}

void QdiscDrops::OnGone(const QdiscInfo& gone) {
  if (former_ && former_->handle == gone.handle) {
    if (gone.dropped > former_->dropped) total_ += gone.dropped - former_->dropped;
    former_.reset();
    return;
  }
  See(gone);
  present_.reset();
}

}  // namespace vswitch
