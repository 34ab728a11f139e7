#include "switch/rpc/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
// So that a fast reader of a long reply does not keep the loop.
constexpr size_t kSendBytesPerTurn = 1024 * 1024;

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Connection::Connection(UniqueFd fd, Caller caller, EventLoop* loop, const Shared* shared)
    : fd_(std::move(fd)),
      caller_(caller),
      loop_(loop),
      shared_(shared),
      lines_(shared->max_line_bytes),
      last_progress_us_(EventLoop::NowUs()) {}

Connection::~Connection() { Send(); }

bool Connection::Attach(std::vector<UniqueFd> fds, std::shared_ptr<void> kept) {
  if (kept_ != nullptr) return false;
  kept_ = std::move(kept);
  fds_ = std::move(fds);
  // The reply comes behind what waits already.
  fds_at_ = replies_.size();
  return true;
}

absl::Status Connection::AddToLoop() {
  auto io = loop_->AddIo(fd_.get(), EPOLLIN, [this](uint32_t events) { Turn(events); });
  if (!io.ok()) return io.status();
  io_ = *std::move(io);
  return absl::OkStatus();
}

bool Connection::done() const {
  return broken_ || (ended_ && !lines_.HasLine() && waiting_bytes() == 0);
}

void Connection::Turn(uint32_t events) {
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Receive();
  ServeLine();
  Send();
  UpdateInterest();
  shared_->on_turn(this);  // May have destroyed this.
}

void Connection::Receive() {
  if (ended_) return;
  char chunk[kReadBytes];
  // Without a control buffer, so that file descriptors sent along are closed by the kernel.
  const ssize_t count = recv(fd_.get(), chunk, sizeof(chunk), MSG_DONTWAIT);
  if (count > 0) {
    last_progress_us_ = EventLoop::NowUs();
    lines_.Append({chunk, static_cast<size_t>(count)});
  } else if (count == 0) {
    ended_ = true;
    lines_.Finish();
  } else if (errno != EAGAIN && errno != EINTR) {
    broken_ = true;
  }
}

void Connection::ServeLine() {
  if (broken_ || !MayServe()) return;
  const auto line = lines_.Next();
  if (!line.has_value()) return;
  std::string reply;
  if (line->too_long) {
    reply = FormatErrorReply(ProtocolError(
        kInvalidRequest,
        StrCat("Invalid request: the line is longer than ", shared_->max_line_bytes, " bytes")));
  } else if (!IsBlank(line->text)) {
    Caller caller = caller_;
    caller.session = this;
    const bool was_kept = kept_ != nullptr;
    reply = shared_->handle_line(line->text, caller);
    if (reply.empty() && !was_kept) {
      // Of a notification: there is no reply that descriptors could go with.
      fds_.clear();
      kept_.reset();
    }
  }
  if (reply.empty()) return;
  if (sent_ > 0) {
    replies_.erase(0, sent_);
    fds_at_ -= std::min(fds_at_, sent_);
    sent_ = 0;
  }
  // A reply can have hundreds of megabytes: do not copy it for nothing.
  if (replies_.empty()) {
    replies_ = std::move(reply);
  } else {
    replies_ += reply;
  }
  replies_ += '\n';
}

void Connection::Send() {
  const size_t stop = sent_ + std::min(waiting_bytes(), kSendBytesPerTurn);
  while (!broken_ && sent_ < stop) {
    const ssize_t count = SendSome(stop);
    if (count >= 0) {
      last_progress_us_ = EventLoop::NowUs();
      sent_ += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  if (waiting_bytes() == 0) {
    replies_ = std::string();  // Gives the memory back.
    sent_ = 0;
  }
}

ssize_t Connection::SendSome(size_t stop) {
  const bool has_fds = !fds_.empty();
  if (has_fds && sent_ < fds_at_) stop = std::min(stop, fds_at_);
  iovec bytes = {.iov_base = replies_.data() + sent_, .iov_len = stop - sent_};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxAttachedFds * sizeof(int))] = {};
  if (has_fds && sent_ == fds_at_) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds_.size() * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds_.size() * sizeof(int));
    for (size_t i = 0; i < fds_.size(); ++i) {
      const int fd = fds_[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(int));
    }
  }
  const ssize_t count = sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count > 0 && message.msg_control != nullptr) fds_.clear();
  return count;
}

void Connection::UpdateInterest() {
  const bool has_line = lines_.HasLine();
  const bool may_serve = MayServe();
  uint32_t events = 0;
  if (!ended_ && !has_line && may_serve) events |= EPOLLIN;
  if (waiting_bytes() > 0) events |= EPOLLOUT;
  io_.SetEvents(events);
  more_ = {};
  if (!has_line || !may_serve) return;
  // A new source each time: sd-event serves the source first that has been pending longest, and a
  // deferred one that is switched on again counts as pending since it was made.
  auto more = loop_->Defer([this] { Turn(0); });
  if (more.ok()) {
    more_ = *std::move(more);
  } else {
    broken_ = true;  // Out of memory: nothing would ever wake this client up.
  }
}

}  // namespace vswitch
