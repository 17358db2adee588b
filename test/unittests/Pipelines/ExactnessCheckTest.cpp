//===- ExactnessCheckTest.cpp - Tests of the check of exact rewrites ------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The check sees a pass that changes what a linear computes, and only that.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/ExactnessCheck.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace slin;

namespace {
/// Called like a pass that keeps operators; multiplies each by a number.
struct ScalingPass final : PassWrapper<ScalingPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ScalingPass)
  ScalingPass(StringRef name, double factor) : name(name), factor(factor) {}
  ScalingPass(const ScalingPass &other)
      : PassWrapper(other), name(other.name), factor(other.factor) {}
  StringRef getArgument() const override { return name; }
  void runOnOperation() override {
    getOperation()->walk([&](ApplyOp apply) {
      OpBuilder builder(apply);
      apply.getLinopMutable().assign(
          ScaleOp::create(builder, apply.getLoc(), apply.getLinop().getType(),
                          apply.getLinop(), builder.getF64FloatAttr(factor)));
    });
  }
  StringRef name;
  double factor;
};

/// The errors of one pass over one linear.
std::string errorsOf(StringRef pass, double factor, bool &failed) {
  MLIRContext context;
  context.loadDialect<SlinDialect, func::FuncDialect>();
  std::string errors;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors += diagnostic.str();
    return success();
  });
  auto module = parseSourceString<ModuleOp>(R"(
    func.func @f(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %w = slin.weight "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %d = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
      %y = slin.apply %d, %x {path = "/fc"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })",
                                            &context);
  auto result = std::make_shared<ExactnessResult>();
  PassManager manager(&context);
  manager.addInstrumentation(createExactnessCheck(result));
  manager.addPass(std::make_unique<ScalingPass>(pass, factor));
  EXPECT_TRUE(succeeded(manager.run(*module)));
  failed = result->failed;
  return errors;
}
} // namespace

TEST(ExactnessCheckTest, SeesAChangedOperator) {
  bool failed = false;
  std::string errors = errorsOf("slin-densify", 1.001, failed);
  EXPECT_TRUE(failed);
  EXPECT_NE(errors.find("slin-densify: '/fc' changed by 1.00e-03"),
            std::string::npos)
      << errors;
}

TEST(ExactnessCheckTest, AllowsRounding) {
  bool failed = true;
  EXPECT_EQ(errorsOf("slin-densify", 1.0 + 1e-7, failed), "");
  EXPECT_FALSE(failed);
}

TEST(ExactnessCheckTest, LeavesOtherPassesAlone) {
  bool failed = true;
  EXPECT_EQ(errorsOf("slin-factorize", 2.0, failed), "");
  EXPECT_FALSE(failed);
}
