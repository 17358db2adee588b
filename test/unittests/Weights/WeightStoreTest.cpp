//===- WeightStoreTest.cpp - Files of weights and new weights -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is found, what is refused and why, and that bytes that were handed out
// stay what they were.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/WeightStore.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>
#include <thread>

using namespace slin::weights;

namespace {
struct WeightStoreTest : testing::Test {
  void SetUp() override {
    llvm::sys::fs::createUniqueDirectory("slin-weights-test", folder);
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  void write(llvm::StringRef name, llvm::StringRef bytes) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    std::error_code code;
    llvm::raw_fd_ostream os(path, code);
    os << bytes;
  }

  llvm::SmallString<128> folder;
  WeightStore store;
  std::string reason;
};
} // namespace

static std::string text(llvm::ArrayRef<char> bytes) {
  return std::string(bytes.data(), bytes.size());
}

TEST_F(WeightStoreTest, ReadsUnalignedRanges) {
  write("a.data", "0123456789");
  auto bytes = store.read(folder, "a.data", 3, 4, 0, reason);
  ASSERT_TRUE(succeeded(bytes)) << reason;
  EXPECT_EQ(text(*bytes), "3456");
  EXPECT_TRUE(succeeded(store.read(folder, "a.data", 10, 0, 0, reason)));
}

TEST_F(WeightStoreTest, LooksInTheFoldersThatWereGiven) {
  write("a.data", "0123456789");
  EXPECT_TRUE(failed(store.read("elsewhere", "a.data", 0, 1, 0, reason)));
  EXPECT_EQ(reason, "the weights file 'a.data' is not in 'elsewhere' and not "
                    "in any folder given by --data-dir");
  store.addFolder(folder);
  EXPECT_TRUE(succeeded(store.read("elsewhere", "a.data", 0, 1, 0, reason)));
}

TEST_F(WeightStoreTest, RefusesWhatTheFileDoesNotHold) {
  write("a.data", "0123456789");
  EXPECT_TRUE(failed(store.read(folder, "a.data", 8, 4, 0, reason)));
  EXPECT_EQ(reason, "the weights file 'a.data' is too short: expected 4 bytes "
                    "at offset 8, found a file of 10 bytes");
  EXPECT_TRUE(failed(store.read(folder, "a.data", ~uint64_t(0), 4, 0, reason)));
  EXPECT_TRUE(failed(store.read(folder, "a.data", 0, 4, 1, reason)));
  EXPECT_NE(reason.find("is not the one that was imported"), std::string::npos);
}

TEST_F(WeightStoreTest, NoticesThatAFileChanged) {
  write("a.data", "0123456789");
  auto before = store.read(folder, "a.data", 0, 4, 0, reason);
  ASSERT_TRUE(succeeded(before));
  write("a.data", "01");
  EXPECT_TRUE(failed(store.read(folder, "a.data", 0, 4, 0, reason)));
}

TEST_F(WeightStoreTest, KeepsEqualNewWeightsOnce) {
  std::vector<char> bytes(5000, 'x');
  auto first = store.add(bytes, reason), second = store.add(bytes, reason);
  ASSERT_TRUE(succeeded(first) && succeeded(second)) << reason;
  EXPECT_EQ(first->name, second->name);
  EXPECT_TRUE(WeightStore::isNew(first->name));
  bytes[0] = 'y';
  auto third = store.add(bytes, reason);
  ASSERT_TRUE(succeeded(third));
  EXPECT_NE(first->name, third->name);
  auto back = store.read("", first->name, 0, 5000, first->hash, reason);
  ASSERT_TRUE(succeeded(back)) << reason;
  EXPECT_EQ(text(*back), std::string(5000, 'x'));
  EXPECT_TRUE(succeeded(store.add({}, reason)));
}

TEST_F(WeightStoreTest, ServesSeveralThreads) {
  write("a.data", std::string(1 << 16, 'a'));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      std::string why;
      for (int round = 0; round < 200; ++round) {
        std::vector<char> bytes(100 + round, char('a' + thread));
        auto added = store.add(bytes, why);
        auto read =
            succeeded(added)
                ? store.read("", added->name, 0, bytes.size(), added->hash, why)
                : mlir::FailureOr<llvm::ArrayRef<char>>();
        wrong += failed(read) || text(*read) != text(bytes);
        wrong += failed(store.read(folder, "a.data", round, 10, 0, why));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}
