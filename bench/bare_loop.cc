#include "bench/bare_loop.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vswitch {
namespace {

constexpr uint32_t kBurst = 256;  // Worker::Options::burst

}  // namespace

absl::StatusOr<std::unique_ptr<BareLoop>> BareLoop::Create(const std::vector<int>& ports,
                                                           int stop) {
  if (!Ring::SupportsMultishotRead()) {
    return absl::UnimplementedError("multishot reads need Linux 6.7.5 or later");
  }
  const auto count = static_cast<uint16_t>(ports.size());
  auto pool = BufferPool::Create(size_t{2} * kBurst);
  if (!pool.ok()) return pool.status();
  auto ring = Ring::Create({.file_slots = count + 1u});
  if (!ring.ok()) return ring.status();
  absl::Status status = (*ring)->MakeBufferRing(kBurst);
  if (!status.ok()) return status;
  for (uint16_t port = 0; port < count; ++port) {
    status = (*ring)->SetFile(port, ports[port]);
    if (!status.ok()) return status;
  }
  status = (*ring)->SetFile(count, stop);
  if (!status.ok()) return status;
  return std::unique_ptr<BareLoop>(new BareLoop(*std::move(ring), *std::move(pool), count));
}

BareLoop::BareLoop(std::unique_ptr<Ring> ring, std::unique_ptr<BufferPool> pool, uint16_t ports)
    : ring_(std::move(ring)), pool_(std::move(pool)), ports_(ports) {
  for (uint16_t port = 0; port < ports; ++port) rearm_.push_back(port);
  batch_.reserve(size_t{2} * kBurst);
}

absl::Status BareLoop::Run() {
  PublishBuffers();
  ring_->MustQueue([&] { return ring_->ArmPoll(ports_, {.kind = Token::Kind::kMailbox}); });
  RearmReads();
  while (!stopping_) {
    absl::Status status = SubmitAndWait();
    if (status.ok()) status = CollectCompletions();
    if (!status.ok()) return status;
    QueueWrites();
    RearmReads();
  }
  return absl::OkStatus();
}

absl::Status BareLoop::SubmitAndWait() {
  const int result = ring_->SubmitAndWait();
  if (result < 0 && !IsTransient(result)) {
    return absl::InternalError(absl::StrCat("io_uring_enter: ", strerror(-result)));
  }
  if (ring_->HasQueued()) return absl::OkStatus();
  for (const uint16_t buffer : in_flight_) pool_->Return(buffer);
  in_flight_.clear();
  return absl::OkStatus();
}

absl::Status BareLoop::CollectCompletions() {
  batch_.clear();
  absl::Status status;
  for (const Completion& completion : ring_->Collect()) {
    // A write that failed: the device is down, as before a guest opens it.
    if (completion.token.kind == Token::Kind::kWrite) continue;
    if (completion.token.kind == Token::Kind::kMailbox) {
      stopping_ = true;
      continue;
    }
    const uint16_t port = completion.token.port;
    if (completion.result >= 0) {
      --published_;
      in_flight_.push_back(completion.buffer);
      batch_.push_back({port, completion.buffer, static_cast<uint32_t>(completion.result)});
    } else if (!IsTransient(completion.result)) {
      status = absl::InternalError(absl::StrCat("read: ", strerror(-completion.result)));
      continue;
    }
    if (!completion.more) rearm_.push_back(port);
  }
  PublishBuffers();
  return status;
}

void BareLoop::PublishBuffers() {
  while (published_ < kBurst && pool_->free_count() > 0) {
    const uint16_t buffer = pool_->Take();
    ring_->AddBuffer(buffer, pool_->Data(buffer), BufferPool::kBufferBytes);
    ++published_;
  }
  ring_->Publish();
}

void BareLoop::QueueWrites() {
  for (const Frame& frame : batch_) {
    const auto other = static_cast<uint16_t>(frame.port ^ 1);
    const Token token{.kind = Token::Kind::kWrite, .port = other, .bytes = frame.bytes};
    ring_->MustQueue(
        [&] { return ring_->QueueWrite(other, pool_->Data(frame.buffer), frame.bytes, token); });
  }
}

void BareLoop::RearmReads() {
  for (const uint16_t port : rearm_) {
    ring_->MustQueue(
        [&] { return ring_->ArmRead(port, {.kind = Token::Kind::kRead, .port = port}); });
  }
  rearm_.clear();
}

}  // namespace vswitch
