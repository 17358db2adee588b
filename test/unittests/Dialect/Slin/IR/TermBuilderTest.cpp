//===- TermBuilderTest.cpp - Terms of whole expressions, and queries of ops
//===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the coverage test's single ops do not show: sharing, token counts,
// limits, and the methods of the ops that use operators.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace slin;

namespace {

class TermBuilderTest : public testing::Test {
protected:
  TermBuilderTest() {
    context.loadDialect<func::FuncDialect, SlinDialect>();
    context.allowUnregisteredDialects();
  }

  /// Parses a function body over `%w` and `%v : tensor<4x4xf32>`, a linop `%p`
  /// and activations `%x : tensor<2x4xf32>`, and returns its last op.
  Operation *parse(const std::string &body) {
    module = parseSourceString<ModuleOp>(
        "!t = !slin.linop<4 -> 4, f32>\n"
        "!m = tensor<4x4xf32>\n"
        "!x = tensor<2x4xf32>\n"
        "func.func @f(%w: !m, %v: !m, %p: !t, %x: !x) {\n" +
            body + "\nreturn\n}\n",
        &context);
    if (!module)
      return nullptr;
    auto function = *module->getOps<func::FuncOp>().begin();
    return function.front().getTerminator()->getPrevNode();
  }

  std::string print(const std::string &body, int64_t tokens = 1) {
    Operation *op = parse(body);
    if (!op)
      return "does not parse";
    std::string reason;
    auto built = buildTerm(op->getResult(0), tokens, &reason);
    return succeeded(built) ? built->term.print() : reason;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace

TEST_F(TermBuilderTest, SharedWeightIsOneLeaf) {
  Operation *op = parse("%a = slin.dense %w : !m -> !t\n"
                        "%b = slin.dense %v : !m -> !t\n"
                        "%c = slin.dense %w transposed : !m -> !t\n"
                        "%r = slin.compose %a, %b, %c : !t, !t, !t -> !t");
  auto built = buildTerm(op->getResult(0), 1);
  ASSERT_TRUE(succeeded(built));
  ASSERT_EQ(built->leaves.size(), 2u);
  auto function = *module->getOps<func::FuncOp>().begin();
  EXPECT_EQ(built->leaves[0], function.getArgument(0));
  EXPECT_EQ(built->leaves[1], function.getArgument(1));
  EXPECT_EQ(built->term.print(), "Compose[Dense #0 [4, 4], Dense #1 [4, 4], "
                                 "Dense #0 [4, 4] transposed]");
}

TEST_F(TermBuilderTest, ByTokensChoosesInsideAnExpression) {
  std::string body = "%a = slin.dense %w : !m -> !t\n"
                     "%i = slin.identity : !t\n"
                     "%c = slin.by_tokens [4, 16] %a, %i, %a : !t\n"
                     "%r = slin.scale %c by 2.0 : !t";
  std::string scaled = "Compose[Diagonal 2 of 4, Dense #0 [4, 4]]";
  EXPECT_EQ(print(body, 1), scaled);
  EXPECT_EQ(print(body, 3), scaled);
  EXPECT_EQ(print(body, 4), "Diagonal 2 of 4");
  EXPECT_EQ(print(body, 15), "Diagonal 2 of 4");
  EXPECT_EQ(print(body, 16), scaled);
  EXPECT_EQ(print(body, 100000), scaled);
}

TEST_F(TermBuilderTest, BlockArgumentsAndForeignOpsHaveNoTerm) {
  EXPECT_EQ(print("%r = slin.scale %p by 2.0 : !t"),
            "expected an operator made by an op, found a block argument");
  EXPECT_EQ(print("%q = \"test.operator\"() : () -> !t\n"
                  "%r = slin.compose %q, %q : !t, !t -> !t"),
            "expected an op that makes a linear operator, found "
            "'test.operator'");
}

TEST_F(TermBuilderTest, LongChainsAndWideSharingAreRefused) {
  std::string chain = "%0 = slin.dense %w : !m -> !t\n";
  for (int i = 1; i <= 300; ++i)
    chain += "%" + std::to_string(i) + " = slin.transpose %" +
             std::to_string(i - 1) + " : !t -> !t\n";
  EXPECT_EQ(print(chain),
            "expected at most 256 operators on one another, found more");
  std::string doubling = "%0 = slin.dense %w : !m -> !t\n";
  for (int i = 1; i <= 60; ++i)
    doubling += "%" + std::to_string(i) + " = slin.sum %" +
                std::to_string(i - 1) + ", %" + std::to_string(i - 1) +
                " : !t\n";
  EXPECT_EQ(print(doubling),
            "expected an operator of at most 16384 nodes, found 16385");
}

TEST_F(TermBuilderTest, BlockDenseWithOneBlockIsLowRank) {
  EXPECT_EQ(print("%d = \"test.weight\"() : () -> tensor<1x4x4xf32>\n"
                  "%r = slin.block_dense %w, %d : !m, tensor<1x4x4xf32> -> !t"),
            "Compose[Dense #0 [4, 4], Dense #1 [4, 4]]");
}

TEST_F(TermBuilderTest, NetworkKindFollowsFromTheBody) {
  std::string plain = "%y = slin.ffn (%t = %x : !x) -> !x {\n"
                      "%h = slin.apply %p, %t : !t, !x -> !x\n"
                      "%a = slin.activation relu(%g = %h : !x) -> !x {\n"
                      "slin.yield %g : !x\n}\n"
                      "%o = slin.apply %p, %a : !t, !x -> !x\n"
                      "slin.yield %o : !x\n}";
  auto ffn = cast<FFNOp>(parse(plain));
  EXPECT_EQ(ffn.getNetworkKind(), FFNOp::NetworkKind::Plain);
  EXPECT_EQ(ffn.getLinears().size(), 2u);
  ASSERT_EQ(ffn.getActivations().size(), 1u);
  EXPECT_EQ(ffn.getActivations()[0].getFunction(), "relu");
  std::string gated = "%y = slin.ffn (%t = %x : !x) -> !x {\n"
                      "%g = slin.apply %p, %t : !t, !x -> !x\n"
                      "%u = slin.apply %p, %t : !t, !x -> !x\n"
                      "%a = slin.activation silu(%c = %g : !x, %d = %u : !x) "
                      "-> !x {\nslin.yield %c : !x\n}\n"
                      "%o = slin.apply %p, %a : !t, !x -> !x\n"
                      "slin.yield %o : !x\n}";
  EXPECT_EQ(cast<FFNOp>(parse(gated)).getNetworkKind(),
            FFNOp::NetworkKind::Gated);
}

TEST_F(TermBuilderTest, SourceOfAnApplication) {
  auto apply =
      cast<ApplyOp>(parse("%y = slin.apply %p, %x : !t, !x -> !x from {\n"
                          "%m = \"test.matmul\"(%x, %w) : (!x, !m) -> !x\n"
                          "%n = \"test.identity\"(%m) : (!x) -> !x\n"
                          "slin.yield %n : !x\n}"));
  ASSERT_TRUE(apply.hasSource());
  EXPECT_EQ(apply.getSourceResult().getDefiningOp()->getName().getStringRef(),
            "test.identity");
  apply.dropSource();
  EXPECT_FALSE(apply.hasSource());
  EXPECT_EQ(apply.getSourceResult(), Value());
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(TermBuilderTest, BuildsApplication) {
  auto apply = cast<ApplyOp>(parse("%y = slin.apply %p, %x : !t, !x -> !x"));
  OpBuilder builder(apply);
  auto made = ApplyOp::create(builder, apply.getLoc(), apply.getType(),
                              apply.getLinop(), apply.getInput());
  EXPECT_FALSE(made.hasSource());
  EXPECT_EQ(made.getBias(), Value());
  EXPECT_TRUE(succeeded(verify(*module)));
}
