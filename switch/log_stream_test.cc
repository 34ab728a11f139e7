#include "switch/log_stream.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

struct Close {
  void operator()(std::FILE* file) const { fclose(file); }
};
using Stream = std::unique_ptr<std::FILE, Close>;

void Log(const Stream& stream, const std::string& line) {
  EXPECT_EQ(fwrite(line.data(), line.size(), 1, stream.get()), 1u);
}

struct Channel {
  UniqueFd reader;
  UniqueFd writer;
};

Channel MakeChannel(bool socket) {
  int fds[2];
  EXPECT_EQ(socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::string ReadAll(int fd) {
  std::string text;
  char chunk[65536];
  for (ssize_t n; (n = read(fd, chunk, sizeof(chunk))) > 0;) text.append(chunk, n);
  return text;
}

TEST(LogStreamTest, AFullPipeOrSocketLosesMessagesAndTellsHowMany) {
  for (const bool socket : {false, true}) {
    const Channel channel = MakeChannel(socket);
    const int flags = fcntl(channel.writer.get(), F_GETFL);
    const Stream stream(OpenLogStream(channel.writer.get()));
    const std::string line = std::string(99, 'x') + "\n";
    constexpr int kLines = 20'000;  // More than either holds.
    for (int i = 0; i < kLines; ++i) Log(stream, line);
    EXPECT_EQ(fcntl(channel.writer.get(), F_GETFL), flags);

    const size_t arrived = ReadAll(channel.reader.get()).size() / line.size();
    ASSERT_GT(arrived, 100u);
    ASSERT_LT(arrived, size_t{kLines});
    Log(stream, "again\n");
    Log(stream, "and again\n");
    EXPECT_EQ(ReadAll(channel.reader.get()),
              "vswitchd: " + std::to_string(kLines - arrived) +
                  " log messages were lost, because nobody read them\nagain\nand again\n");
  }
}

TEST(LogStreamTest, ALineThatIsCutEndsBeforeTheNextBegins) {
  const Channel channel = MakeChannel(false);
  const Stream stream(OpenLogStream(channel.writer.get()));
  Log(stream, std::string(1 << 20, 'x') + "\n");
  EXPECT_THAT(ReadAll(channel.reader.get()), EndsWith("xx"));
  Log(stream, "again\n");
  EXPECT_THAT(ReadAll(channel.reader.get()), StartsWith("\nvswitchd: 1 log messages were lost"));
}

TEST(LogStreamTest, AReaderThatHasGoneIsNoError) {
  Channel channel = MakeChannel(true);
  const Stream stream(OpenLogStream(channel.writer.get()));
  channel.reader.Reset();
  Log(stream, "nobody\n");
}

TEST(LogStreamTest, AFileIsAppendedTo) {
  const UniqueFd file(memfd_create("log", 0));
  ASSERT_EQ(write(file.get(), "before\n", 7), 7);
  const Stream stream(OpenLogStream(file.get()));
  Log(stream, "after\n");
  lseek(file.get(), 0, SEEK_SET);
  EXPECT_EQ(ReadAll(file.get()), "before\nafter\n");
}

}  // namespace
}  // namespace vswitch
