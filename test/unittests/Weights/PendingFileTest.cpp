//===- PendingFileTest.cpp - Files that appear when they are whole --------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What was there stays until a new file is kept; what is no file stays anyway.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/PendingFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace slin::weights;
namespace fs = llvm::sys::fs;

namespace {
struct PendingFileTest : testing::Test {
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("slin-pending", folder));
    file = path("file");
    llvm::raw_fd_ostream(file, code) << "old";
  }
  void TearDown() override { fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) { return (folder + "/" + name).str(); }
  static std::string read(llvm::StringRef path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "none";
  }
  /// How many files there are.
  int count() {
    int number = 0;
    for (fs::directory_iterator i(folder, code), end; i != end;
         i.increment(code))
      ++number;
    return number;
  }

  llvm::SmallString<128> folder;
  std::string file, reason;
  std::error_code code;
};

void writeNew(llvm::raw_ostream &os) { os << "new"; }

TEST_F(PendingFileTest, ReplacesWhatWasThereWhenItIsKept) {
  PendingFile pending(file);
  ASSERT_TRUE(succeeded(pending.fill(writeNew, reason)));
  EXPECT_EQ(read(file), "old");
  ASSERT_TRUE(succeeded(pending.keep(reason)));
  EXPECT_EQ(read(file), "new");
  EXPECT_EQ(count(), 1);
}

TEST_F(PendingFileTest, LeavesNothingOfWhatIsNotKept) {
  {
    PendingFile pending(file);
    ASSERT_TRUE(succeeded(pending.fill(writeNew, reason)));
    auto fails = [&](llvm::raw_ostream &) { reason = "no weights"; };
    PendingFile other(path("other"));
    EXPECT_TRUE(failed(other.fill(fails, reason)));
    EXPECT_EQ(reason, "no weights");
  }
  EXPECT_EQ(read(file), "old");
  EXPECT_EQ(count(), 1);
}

TEST_F(PendingFileTest, SaysWhichFileCannotBeWritten) {
  PendingFile pending(path("nowhere/file"));
  EXPECT_TRUE(failed(pending.fill(writeNew, reason)));
  EXPECT_EQ(reason, "cannot write '" + path("nowhere/file") +
                        "': No such file or directory");
}

TEST_F(PendingFileTest, FollowsLinks) {
  ASSERT_FALSE(fs::create_link(file, path("link")));
  PendingFile pending(path("link"));
  ASSERT_TRUE(succeeded(pending.fill(writeNew, reason)));
  ASSERT_TRUE(succeeded(pending.keep(reason)));
  EXPECT_TRUE(fs::is_symlink_file(path("link")));
  EXPECT_EQ(read(file), "new");
}

TEST_F(PendingFileTest, LeavesDevicesWhatTheyAre) {
  // A pipe with a reader, as the name of a device can be replaced by root only.
  std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(PendingFile::isDevice(pipe));
  EXPECT_TRUE(PendingFile::isDevice("/dev/null"));
  EXPECT_FALSE(PendingFile::isDevice(file));
  EXPECT_FALSE(PendingFile::isDevice(path("nowhere")));
  int reader;
  ASSERT_FALSE(fs::openFile(pipe, reader, fs::CD_OpenExisting,
                            fs::FA_Read | fs::FA_Write, fs::OF_None));
  {
    PendingFile pending(pipe);
    ASSERT_TRUE(succeeded(pending.fill(writeNew, reason)));
    ASSERT_TRUE(succeeded(pending.keep(reason)));
    PendingFile dropped(pipe);
  }
  fs::file_status status;
  ASSERT_FALSE(fs::status(pipe, status));
  EXPECT_EQ(status.type(), fs::file_type::fifo_file);
  char bytes[8] = {};
  auto size = fs::readNativeFile(reader, llvm::MutableArrayRef<char>(bytes, 3));
  ASSERT_TRUE(bool(size));
  EXPECT_EQ(llvm::StringRef(bytes, *size), "new");
  llvm::sys::fs::closeFile(reader);
}
} // namespace
