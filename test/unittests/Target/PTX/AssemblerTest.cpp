//===- AssemblerTest.cpp - What ptxas says --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On texts of ptxas 13.0, and on programs that stand in for it.
//
//===----------------------------------------------------------------------===//

#include "slin/Target/PTX/Assembler.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace slin::ptx;
using testing::HasSubstr;

static Chip chip() {
  std::string reason;
  return *findChip("sm_90a", reason);
}

static std::string report(llvm::StringRef spills) {
  return ("ptxas info    : 0 bytes gmem\n"
          "ptxas info    : Compiling entry function 'second' for 'sm_90a'\n"
          "ptxas info    : Function properties for second\n"
          "    24 bytes stack frame, " +
          spills +
          "\n"
          "ptxas info    : Used 168 registers, used 4 barriers\n"
          "ptxas info    : Compiling entry function 'first' for 'sm_90a'\n"
          "ptxas info    : Function properties for first\n"
          "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
          "ptxas info    : Used 42 registers, used 1 barriers, 64 bytes smem\n")
      .str();
}

TEST(Assembler, ReadsResources) {
  std::string reason;
  auto kernels = parseResources(
      report("0 bytes spill stores, 0 bytes spill loads"), chip(), reason);
  ASSERT_TRUE(succeeded(kernels)) << reason;
  ASSERT_EQ(kernels->size(), 2u);
  const KernelResources &second = kernels->front(), &first = kernels->back();
  EXPECT_EQ(second.kernel, "second");
  EXPECT_EQ(second.registers, 168u);
  EXPECT_EQ(second.stackBytes, 24u);
  EXPECT_EQ(second.sharedBytes, 0u);
  EXPECT_EQ(first.kernel, "first");
  EXPECT_EQ(first.registers, 42u);
  EXPECT_EQ(first.sharedBytes, 64u);
}

TEST(Assembler, RefusesSpills) {
  std::string reason;
  EXPECT_TRUE(failed(parseResources(
      report("16 bytes spill stores, 20 bytes spill loads"), chip(), reason)));
  EXPECT_EQ(reason, "kernel 'second' for sm_90a: expected no spilled "
                    "registers, found 36 bytes of them: its tile is too large "
                    "for this target");
}

TEST(Assembler, RefusesSerializedInstructions) {
  std::string reason;
  std::string text =
      report("0 bytes spill stores, 0 bytes spill loads") +
      "ptxas info    : (C7511) Potential Performance Loss: wgmma.mma_async "
      "instructions are serialized due to insufficient register resources for "
      "the wgmma pipeline in function 'second'\n";
  EXPECT_TRUE(failed(parseResources(text, chip(), reason)));
  EXPECT_THAT(reason, HasSubstr("kernel 'second' for sm_90a: expected no note "
                                "of ptxas, found 'ptxas info    : (C7511)"));
  // A note that names no function is one on the kernel at hand.
  reason.clear();
  EXPECT_TRUE(failed(parseResources(report("0 bytes") + "(C7602) setmaxnreg\n",
                                    chip(), reason)));
  EXPECT_THAT(reason, HasSubstr("kernel 'first' for sm_90a"));
}

namespace {
/// A folder with a program `ptxas`.
struct Folder {
  explicit Folder(llvm::StringRef script) {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("slin-ptxas", path));
    program = path;
    llvm::sys::path::append(program, "ptxas");
    {
      std::error_code code;
      llvm::raw_fd_ostream os(program, code);
      os << "#!/bin/sh\n" << script;
    }
    llvm::sys::fs::setPermissions(program, llvm::sys::fs::all_perms);
  }
  ~Folder() { llvm::sys::fs::remove_directories(path); }
  llvm::SmallString<128> path, program;
};
} // namespace

TEST(Assembler, IsFoundWhereItIsAskedFor) {
  Folder folder("");
  std::string reason;
  auto found = findAssembler(folder.program, {}, reason);
  ASSERT_TRUE(succeeded(found)) << reason;
  EXPECT_EQ(**found, folder.program.str());
  EXPECT_TRUE(failed(findAssembler(folder.path, {}, reason)));
  EXPECT_THAT(reason, HasSubstr("which cannot be run"));
}

TEST(Assembler, IsFoundInFoldersOfPackages) {
  Folder folder("");
  std::string reason;
  ::unsetenv("CUDA_HOME");
  const char *path = ::getenv("PATH");
  std::string before = path ? path : "";
  ::setenv("PATH", "/nowhere", 1);
  auto found = findAssembler("", {"/nowhere", folder.path.str().str()}, reason);
  ::setenv("CUDA_HOME", "/nowhere", 1);
  auto again = findAssembler("", {folder.path.str().str()}, reason);
  ::unsetenv("CUDA_HOME");
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(**found, folder.program.str());
  EXPECT_EQ(**again, folder.program.str());
}

TEST(Assembler, TellsWhatAProgramSays) {
  Folder folder("echo 'ptxas fatal : no such thing'; exit 3\n");
  std::string reason;
  EXPECT_TRUE(failed(assemble(folder.program, "", chip(), reason)));
  EXPECT_EQ(
      reason,
      (folder.program + " for sm_90a: ptxas fatal : no such thing").str());
}

TEST(Assembler, GivesWhatAProgramWrites) {
  // ptxas -v -arch=… -O3 SOURCE -o CUBIN
  Folder folder("cp $4 $6\n"
                "echo \"ptxas info : Compiling entry function 'k' for '$2'\"\n"
                "echo 'ptxas info : Used 7 registers'\n");
  std::string reason;
  auto assembly = assemble(folder.program, "some text", chip(), reason);
  ASSERT_TRUE(succeeded(assembly)) << reason;
  EXPECT_EQ(assembly->cubin, "some text");
  ASSERT_EQ(assembly->kernels.size(), 1u);
  EXPECT_EQ(assembly->kernels[0].registers, 7u);
}
