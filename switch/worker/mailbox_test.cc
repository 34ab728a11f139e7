// The property: whatever is posted is taken exactly once, in its poster's order, and nobody who
// waits for the event misses a letter.
#include "switch/worker/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <thread>

namespace vswitch {
namespace {

bool IsReadable(int fd, int timeout_ms) {
  pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&wait, 1, timeout_ms) == 1;
}

TEST(MailboxTest, GivesLettersInTheirOrderAndOnce) {
  auto mailbox = Mailbox<std::unique_ptr<int>>::Create();
  ASSERT_TRUE(mailbox.ok()) << mailbox.status();
  EXPECT_FALSE(IsReadable((*mailbox)->event(), 0));
  EXPECT_TRUE((*mailbox)->Take().empty());
  for (const int number : {1, 2, 3}) (*mailbox)->Post(std::make_unique<int>(number));
  EXPECT_TRUE(IsReadable((*mailbox)->event(), 0));
  const auto letters = (*mailbox)->Take();
  ASSERT_EQ(letters.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*letters[static_cast<size_t>(i)], i + 1);
  EXPECT_FALSE(IsReadable((*mailbox)->event(), 0));
  EXPECT_TRUE((*mailbox)->Take().empty());
}

TEST(MailboxTest, NoLetterOfManyPostersIsMissed) {
  constexpr int kPosters = 4;
  constexpr int kLetters = 5000;
  struct Letter {
    int poster;
    int number;
  };
  auto mailbox = Mailbox<Letter>::Create();
  ASSERT_TRUE(mailbox.ok()) << mailbox.status();
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&, poster] {
      for (int number = 0; number < kLetters; ++number) (*mailbox)->Post({poster, number});
    });
  }
  std::vector<int> next(kPosters);
  for (int taken = 0; taken < kPosters * kLetters;) {
    // Far beyond need: who sleeps longer has missed a letter.
    ASSERT_TRUE(IsReadable((*mailbox)->event(), 20'000)) << "asleep with letters posted";
    for (const Letter& letter : (*mailbox)->Take()) {
      ASSERT_EQ(letter.number, next[static_cast<size_t>(letter.poster)]++);
      ++taken;
    }
  }
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(next, std::vector<int>(kPosters, kLetters));
}

TEST(MailboxTest, SaysWhatToRaiseWhenDescriptorsRunOut) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit none = limit;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto mailbox = Mailbox<int>::Create();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_FALSE(mailbox.ok());
  EXPECT_NE(mailbox.status().message().find("ulimit -n"), absl::string_view::npos);
}

}  // namespace
}  // namespace vswitch
