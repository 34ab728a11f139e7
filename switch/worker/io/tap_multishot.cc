#include "switch/worker/io/tap_multishot.h"

#include <cerrno>

namespace vswitch {

absl::StatusOr<std::unique_ptr<PortIo>> TapMultishot::Create(const Options& options) {
  if (absl::Status status = options.ring->MakeBufferRing(options.burst); !status.ok()) {
    return status;
  }
  return std::unique_ptr<PortIo>(new TapMultishot(options));
}

TapMultishot::TapMultishot(const Options& options)
    : TapIo(options, {.kind = Token::Kind::kRead, .arm = &Ring::ArmRead}) {}

void TapMultishot::Collect(std::span<const Completion> completions, std::vector<Frame>* batch) {
  for (const Completion& completion : completions) {
    if (completion.token.kind == Token::Kind::kRead) OnRead(completion, batch);
    if (completion.token.kind == Token::Kind::kWrite) OnWriteError(completion);
  }
  PublishBuffers();
}

void TapMultishot::OnRead(const Completion& completion, std::vector<Frame>* batch) {
  const PortId port = completion.token.port;
  if (completion.result >= 0) {
    --published_;
    TakeFrame(port, completion.buffer, static_cast<uint32_t>(completion.result), batch);
    if (!completion.more) EndRequest(port);
    return;
  }
  if (completion.result == -ENOBUFS) options().stats->enobufs.Add(1);
  OnReadError(port, -completion.result);
  if (!completion.more) EndRequest(port);
}

void TapMultishot::PublishBuffers() {
  Ring& ring = *options().ring;
  BufferPool& pool = *options().pool;
  while (published_ < options().burst && pool.free_count() > 0) {
    const uint16_t buffer = pool.Take();
    ring.AddBuffer(buffer, pool.Data(buffer), BufferPool::kBufferBytes);
    ++published_;
  }
  ring.Publish();
}

}  // namespace vswitch
