#include "switch/model/names.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

TEST(Names, GoodOnes) {
  for (const std::string_view name :
       {"br0", "vm0", "a", "123456789012345", "tap.100", "vm_1-2", "vm@host", "...", "a\\b"}) {
    EXPECT_TRUE(CheckBridgeName(name).ok()) << name;
    EXPECT_TRUE(CheckPortName(name).ok()) << name;
  }
}

TEST(Names, BadOnesAndWhatIsSaidOfThem) {
  const struct {
    std::string_view name;
    const char* message;
  } kCases[] = {
      {"", "is empty: give 1 to 15 characters"},
      {"1234567890123456", "16 bytes, at most 15 fit a network device's name (IFNAMSIZ)"},
      {".", "cannot be"},
      {"..", "cannot be"},
      {"a/b", "contains '/'"},
      {"a:b", "contains ':'"},
      {"vm%d", "contains '%'"},
      {"a b", "contains a space"},
      {"a\tb", "contains '\\x09'"},
      {"a\nb", "contains '\\x0a'"},
      {"a\x7f", "contains '\\x7f'"},
      {"\x1b[31m", "contains '\\x1b'"},
      {"caf\xc3\xa9", "contains '\\xc3'"},
      {std::string_view("a\0b", 3), "contains '\\x00'"},
      {"-h", "begins with '-'"},
  };
  for (const auto& c : kCases) {
    for (const absl::Status& status : {CheckBridgeName(c.name), CheckPortName(c.name)}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
      EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    }
  }
}

TEST(Names, KindIsNamed) {
  EXPECT_THAT(std::string(CheckBridgeName("a b").message()), HasSubstr("bridge name 'a b'"));
  EXPECT_THAT(std::string(CheckPortName("a b").message()), HasSubstr("port name 'a b'"));
}

TEST(Names, TheKernelsReservedOnesAreNoPorts) {
  for (const std::string_view name : {"all", "default"}) {
    EXPECT_TRUE(CheckBridgeName(name).ok());
    EXPECT_THAT(std::string(CheckPortName(name).message()), HasSubstr("reserved by the kernel"));
  }
}

TEST(Names, HugeOnesAreNotEchoed) {
  EXPECT_LT(CheckPortName(std::string(1024 * 1024, 'x')).message().size(), 200u);
}

}  // namespace
}  // namespace vswitch
