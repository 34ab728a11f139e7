// What is checked: only addresses of this machine alone are listened on, and every refusal says
// what to give instead.
#include "switch/http/listener.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

std::string Refusal(std::string_view address) {
  const auto parsed = ParseLoopback(address);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

TEST(ListenerTest, TakesLoopbackAddresses) {
  for (const char* address : {"127.0.0.1:9477", "127.3.2.1:1", "localhost:65535", "[::1]:9477"}) {
    const auto parsed = ParseLoopback(address);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->address.ss_family, address[0] == '[' ? AF_INET6 : AF_INET);
  }
  const auto parsed = ParseLoopback("127.0.0.1:9477");
  const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&parsed->address);
  EXPECT_EQ(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
  EXPECT_EQ(ntohs(v4->sin_port), 9477);
}

TEST(ListenerTest, RefusesAddressesThatOthersReach) {
  for (const char* address : {"0.0.0.0:9477", "192.0.2.1:80", "[::]:9477", "[2001:db8::1]:80",
                              "[::ffff:127.0.0.1]:80", "128.0.0.1:80"}) {
    EXPECT_THAT(Refusal(address), HasSubstr("can be reached from other machines")) << address;
  }
}

TEST(ListenerTest, RefusesWhatIsNoAddress) {
  for (const char* address : {"", ":", "9477", ":9477", "127.0.0.1", "[::1]", "[::1", "[::1]9477",
                              "::1:80", "example.com:80", "127.1:80", "http://127.0.0.1:80"}) {
    EXPECT_THAT(Refusal(address), HasSubstr("127.0.0.1:PORT")) << address;
  }
  for (const char* address : {"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x",
                              "127.0.0.1:-1", "[::1]:99999"}) {
    EXPECT_THAT(Refusal(address), HasSubstr("1 to 65535")) << address;
  }
}

TEST(ListenerTest, KnowsWhoAskedForThisMachine) {
  for (const char* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:9477",
                           "127.9.9.9:1", "[::1]", "[::1]:80"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host :
       {"", "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0",
        "[::]:80", "::1", "localhost@example.com", "[::1]x", "[::1", "2130706433", "127.1"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(ListenerTest, AUnixSocketIsForItsGroupAlone) {
  const TempFolder folder;
  const std::string path = folder / "metrics.sock";
  {
    const auto listener = HttpListener::Listen("unix:" + path, "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    const auto second = HttpListener::Listen("unix:" + path, "");
    EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists) << second.status();
  }
  struct stat info;
  EXPECT_NE(stat(path.c_str(), &info), 0) << "left behind";
  EXPECT_THAT(std::string(HttpListener::Listen("unix:relative", "").status().message()),
              HasSubstr("must be the absolute path"));
}

}  // namespace
}  // namespace vswitch
