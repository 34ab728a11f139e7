#include "switch/base/log_level.h"

#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

// Keeps what is logged while it lives.
class Sink : public google::LogSink {
 public:
  Sink() { google::AddLogSink(this); }
  ~Sink() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity, const char*, const char*, int, const google::LogMessageTime&,
            const char* message, size_t size) override {
    text.append(message, size);
  }
  std::string text;
};

TEST(LogLevel, IsThatAndWhatIsGraver) {
  const struct {
    const char* level;
    const char* logged;
  } kCases[] = {{"error", "e"}, {"warning", "we"}, {"info", "iwe"}, {"verbose", "viwe"}};
  for (const auto& c : kCases) {
    ASSERT_TRUE(SetLogLevel(c.level).ok());
    EXPECT_EQ(LogLevel(), c.level);
    Sink sink;
    VLOG(1) << "v";
    LOG(INFO) << "i";
    LOG(WARNING) << "w";
    LOG(ERROR) << "e";
    EXPECT_EQ(sink.text, c.logged);
  }
  const absl::Status status = SetLogLevel("warn");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("'warn' is no log level: did you mean 'warning'? Give error, warning, info "
                        "or verbose"));
  EXPECT_EQ(LogLevel(), "verbose");
}

}  // namespace
}  // namespace vswitch
