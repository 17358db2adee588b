//===- SafetensorsTest.cpp - Tensors of a safetensors file ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is said of a tensor that is not the one that was asked for. Broken files
// are tested through the pass that reads statistics.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/Safetensors.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace slin::weights;

namespace {
struct SafetensorsTest : testing::Test {
  /// Writes a file with the tensor `x` of one F64 and opens it.
  void SetUp() override {
    int descriptor;
    ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("slin-test", "safetensors",
                                                    descriptor, path));
    llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
    std::string header =
        R"({"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
    uint64_t length = header.size();
    double value = 2.5;
    os.write(reinterpret_cast<const char *>(&length), sizeof(length));
    os << header;
    os.write(reinterpret_cast<const char *>(&value), sizeof(value));
  }
  void TearDown() override { llvm::sys::fs::remove(path); }

  llvm::SmallString<128> path;
  std::string reason;
};
} // namespace

TEST_F(SafetensorsTest, GivesWhatWasAskedFor) {
  auto file = SafetensorsFile::open(path, reason);
  ASSERT_TRUE(succeeded(file)) << reason;
  auto bytes = file->getDoubles("x", {1}, reason);
  ASSERT_TRUE(succeeded(bytes)) << reason;
  double value;
  ASSERT_EQ(bytes->size(), sizeof(value));
  std::memcpy(&value, bytes->data(), sizeof(value));
  EXPECT_EQ(value, 2.5);
}

TEST_F(SafetensorsTest, SaysWhatItHasInstead) {
  auto file = SafetensorsFile::open(path, reason);
  ASSERT_TRUE(succeeded(file)) << reason;
  EXPECT_TRUE(failed(file->getDoubles("y", {1}, reason)));
  EXPECT_EQ(reason, "'" + path.str().str() +
                        "': expected a tensor 'y', found none among 1");
  EXPECT_TRUE(failed(file->getDoubles("x", {2, 3}, reason)));
  EXPECT_EQ(reason, "'" + path.str().str() +
                        "': 'x': expected F64 [2, 3], found F64 [1]");
}
