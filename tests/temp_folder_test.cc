#include "tests/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace vswitch {
namespace {

namespace fs = std::filesystem;

TEST(TempFolderTest, IsOpenToAllAndRemovedWithWhatIsInIt) {
  fs::path path;
  {
    const TempFolder folder;
    path = folder.path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0755));
    fs::create_directory(folder / "inner");
    std::ofstream(folder / "inner/file") << "text";
    EXPECT_TRUE(fs::exists(path / "inner/file"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(TempFolderTest, EachIsItsOwn) {
  const TempFolder one;
  const TempFolder other;
  EXPECT_NE(one.path(), other.path());
}

}  // namespace
}  // namespace vswitch
