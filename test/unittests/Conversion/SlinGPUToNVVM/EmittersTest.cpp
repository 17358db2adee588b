//===- EmittersTest.cpp - Tests of what emitters propose ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where an emitter proposes a schedule, at most the size of the op speaks
// against it, never its form.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace slin::slingpu;

namespace {
/// Shared memory of a block of sm_90a.
constexpr int64_t sharedBytes = 232448;

class EmittersTest : public ::testing::Test {
protected:
  EmittersTest() { context.loadDialect<SlinGPUDialect>(); }

  /// A product of one block of `rows` times `columns` of bf16.
  BlockGemmOp product(int64_t rows, int64_t columns) {
    std::string x = "tensor<?x" + std::to_string(columns) + "xbf16>";
    std::string y = "tensor<?x" + std::to_string(rows) + "xbf16>";
    std::string w = "tensor<1x" + std::to_string(rows) + "x" +
                    std::to_string((columns + 7) / 8 * 8) + "xbf16>";
    module = parseSourceString<ModuleOp>(
        "slingpu.entry \"/mlp\" bounds [] structure \"dense\" (" + x +
            ") -> (" + y + ") {\n^bb0(%x: " + x +
            "):\n  %w = slingpu.weight \"w\" dense<0.5> : " + w +
            "\n  %y = slingpu.block_gemm %x, %w run " + std::to_string(rows) +
            " : " + x + ", " + w + " -> " + y + "\n  slingpu.yield %y : " + y +
            "\n}",
        &context);
    BlockGemmOp found;
    module->walk([&](BlockGemmOp op) { found = op; });
    return found;
  }

  /// What speaks against `schedule` for `op`.
  static std::string reason(const KernelEmitter &emitter, BlockGemmOp op,
                            ScheduleAttr schedule) {
    op.setScheduleAttr(schedule);
    return emitter.reasonAgainst(cast<ScheduledOpInterface>(op.getOperation()),
                                 sharedBytes);
  }
  static SmallVector<ScheduleAttr> candidates(const KernelEmitter &emitter,
                                              BlockGemmOp op, int64_t tokens) {
    return emitter.getCandidates(cast<ScheduledOpInterface>(op.getOperation()),
                                 tokens);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Architecture hopper = *findArchitecture("sm_90a");
};
} // namespace

TEST_F(EmittersTest, EmittersAreFoundByTheirNames) {
  std::set<std::string> names;
  for (const KernelEmitter *emitter : getEmitters()) {
    EXPECT_TRUE(names.insert(emitter->getName().str()).second);
    EXPECT_EQ(findEmitter(emitter->getName()), emitter);
  }
  for (StringRef name : {"mma_sync", "skinny", "wgmma", "tcgen05"})
    EXPECT_NE(findEmitter(name), nullptr) << name.str();
  EXPECT_EQ(findEmitter("by_hand"), nullptr);
}

TEST_F(EmittersTest, OnlyAcceleratedArchitecturesHaveTheirOwnInstructions) {
  for (auto [emitter, name] : {std::make_pair(&getWgmmaEmitter(), "sm_90a"),
                               std::make_pair(&getSkinnyEmitter(), "sm_90a"),
                               std::make_pair(&getTcgen05Emitter(), "sm_100a")})
    for (Architecture architecture : getArchitectures()) {
      EXPECT_EQ(emitter->runsOn(architecture), architecture.name == name);
      architecture.isAccelerated = false;
      EXPECT_FALSE(emitter->runsOn(architecture));
    }
  Architecture old = hopper;
  old.number = 75;
  EXPECT_FALSE(getMmaSyncEmitter().runsOn(old));
  EXPECT_TRUE(getMmaSyncEmitter().runsOn(hopper));
}

/// Every tile is possible with some number of stages, and speaks for itself.
TEST_F(EmittersTest, CandidatesHaveFormsThatThereAreKernelsFor) {
  BlockGemmOp op = product(3072, 768);
  for (const KernelEmitter *emitter :
       {&getMmaSyncEmitter(), &getWgmmaEmitter(), &getSkinnyEmitter(),
        &getTcgen05Emitter()})
    for (int64_t tokens : {1, 7, 64, 65, 30000}) {
      std::set<std::vector<int64_t>> proposed, possible;
      for (ScheduleAttr schedule : candidates(*emitter, op, tokens)) {
        EXPECT_EQ(schedule.getEmitter(), emitter->getName());
        std::vector<int64_t> form = {schedule.getTileTokens(),
                                     schedule.getTileRows(),
                                     schedule.getCluster()};
        proposed.insert(form);
        std::string against = reason(*emitter, op, schedule);
        if (against.empty())
          possible.insert(form);
        else
          EXPECT_NE(against.find("shared memory"), std::string::npos)
              << against;
        double efficiency = emitter->getEfficiency(schedule, hopper);
        EXPECT_GT(efficiency, 0);
        EXPECT_LE(efficiency, 1);
      }
      EXPECT_EQ(proposed, possible) << emitter->getName().str();
    }
}

TEST_F(EmittersTest, FewTokensAreSkinnyOnly) {
  BlockGemmOp op = product(3072, 768);
  EXPECT_TRUE(candidates(getSkinnyEmitter(), op, 65).empty());
  for (ScheduleAttr schedule : candidates(getSkinnyEmitter(), op, 17))
    EXPECT_EQ(schedule.getTileTokens(), 32);
  // The second block of a cluster would have no tokens.
  for (const KernelEmitter *emitter :
       {&getWgmmaEmitter(), &getTcgen05Emitter()})
    for (ScheduleAttr schedule : candidates(*emitter, op, 64))
      EXPECT_EQ(schedule.getCluster(), 1);
}

/// TMA asks for whole 16 bytes; other copies do not.
TEST_F(EmittersTest, OddInputsAreForMmaSync) {
  BlockGemmOp op = product(64, 201);
  for (const KernelEmitter *emitter :
       {&getWgmmaEmitter(), &getSkinnyEmitter(), &getTcgen05Emitter()})
    for (ScheduleAttr schedule : candidates(*emitter, op, 32))
      EXPECT_FALSE(reason(*emitter, op, schedule).empty());
  bool isPossible = false;
  for (ScheduleAttr schedule : candidates(getMmaSyncEmitter(), op, 32))
    isPossible |= reason(getMmaSyncEmitter(), op, schedule).empty();
  EXPECT_TRUE(isPossible);
}

TEST_F(EmittersTest, OnlyTensorMemoryIsAssembledOnly) {
  for (const KernelEmitter *emitter : getEmitters())
    EXPECT_EQ(emitter->isAssembledOnly(), emitter == &getTcgen05Emitter());
}

/// Sums of persistent kernels are twice in tensor memory.
TEST_F(EmittersTest, TensorMemoryHasAnEnd) {
  BlockGemmOp op = product(3072, 768);
  auto against = [&](bool persistent) {
    return reason(getTcgen05Emitter(), op,
                  ScheduleAttr::get(&context, "tcgen05", {256, 256, 64}, 2,
                                    {8, 1}, 1, 1, persistent));
  };
  EXPECT_NE(against(true).find("tensor memory"), std::string::npos);
  EXPECT_EQ(against(false), "");
}
