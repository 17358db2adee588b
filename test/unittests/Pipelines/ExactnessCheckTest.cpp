//===- ExactnessCheckTest.cpp - Tests of the check of exact rewrites ------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The check sees a pass that changes what a linear or a function computes, and
// only that.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/ExactnessCheck.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
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
using Change = std::function<void(ModuleOp)>;

/// Called like a pass that is checked; does what a test wants.
struct ChangingPass final : PassWrapper<ChangingPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ChangingPass)
  ChangingPass(StringRef name, Change change)
      : name(name), change(std::move(change)) {}
  ChangingPass(const ChangingPass &other)
      : PassWrapper(other), name(other.name), change(other.change) {}
  StringRef getArgument() const override { return name; }
  void runOnOperation() override { change(getOperation()); }
  StringRef name;
  Change change;
};

struct Outcome {
  std::string errors;
  bool failed = true;
};

/// What the check says of one pass over `text`.
Outcome check(StringRef text, StringRef pass, Change change) {
  MLIRContext context;
  context.loadDialect<SlinDialect, onnx::ONNXDialect, func::FuncDialect>();
  Outcome outcome;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    outcome.errors += diagnostic.str();
    return success();
  });
  auto module = parseSourceString<ModuleOp>(text, &context);
  auto result = std::make_shared<ExactnessResult>();
  PassManager manager(&context);
  manager.addInstrumentation(createExactnessCheck(result));
  manager.addPass(std::make_unique<ChangingPass>(pass, std::move(change)));
  EXPECT_TRUE(succeeded(manager.run(*module)));
  outcome.failed = result->failed;
  return outcome;
}

constexpr StringLiteral linear = R"(
    func.func @f(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %w = slin.weight "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %d = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
      %y = slin.apply %d, %x {path = "/fc"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })";

/// Multiplies each operator by a number.
std::string errorsOf(StringRef pass, double factor, bool &failed) {
  Outcome outcome = check(linear, pass, [&](ModuleOp module) {
    module->walk([&](ApplyOp apply) {
      OpBuilder builder(apply);
      apply.getLinopMutable().assign(
          ScaleOp::create(builder, apply.getLoc(), apply.getLinop().getType(),
                          apply.getLinop(), builder.getF64FloatAttr(factor)));
    });
  });
  failed = outcome.failed;
  return outcome.errors;
}

/// Two linears with an activation between, and a node of no known operator
/// behind.
constexpr StringLiteral network = R"(
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown, !onnx.unknown) {
      %w = onnx.initializer "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %v = onnx.initializer "v" dense<[[-1.0, 0.5], [2.0, 1.0]]> : tensor<2x2xf32>
      %h = onnx.MatMul(%x, %w) "/up" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act" : (!onnx.unknown) -> !onnx.unknown
      %y = onnx.MatMul(%a, %v) "/down" : (!onnx.unknown, tensor<2x2xf32>) -> !onnx.unknown
      %u = onnx.Neg(%h) "/neg" : (!onnx.unknown) -> !onnx.unknown
      %z = onnx.node "Selector" (%u) "/select" : (!onnx.unknown) -> !onnx.unknown
      return %y, %z : !onnx.unknown, !onnx.unknown
    })";

/// Gives the node called `name` an operand in place of its first one.
void replaceOperand(ModuleOp module, StringRef name,
                    llvm::function_ref<Value(Operation *)> operand) {
  module->walk([&](onnx::NodeOpInterface node) {
    if (node.getNodeName() == name)
      node->setOperand(0, operand(node));
  });
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

TEST(ExactnessCheckTest, SeesAChangedNode) {
  // '/down' reads what '/act' had read: a rewrite that lost an activation.
  Outcome outcome = check(network, "onnx-sink-gates", [](ModuleOp module) {
    replaceOperand(module, "/down", [](Operation *node) {
      return node->getOperand(0).getDefiningOp()->getOperand(0);
    });
  });
  EXPECT_TRUE(outcome.failed);
  EXPECT_NE(outcome.errors.find("onnx-sink-gates: '/down_output_0', before "
                                "result 0 of 'main_graph', changed by "),
            std::string::npos)
      << outcome.errors;
  EXPECT_NE(outcome.errors.find("expected at most 1.0e-11"), std::string::npos)
      << outcome.errors;
}

TEST(ExactnessCheckTest, NamesTheFirstOfSeveralValues) {
  Outcome outcome = check(network, "onnx-fold-scales", [](ModuleOp module) {
    replaceOperand(module, "/up", [](Operation *node) {
      OpBuilder builder(node);
      return onnx::NegOp::create(
                 builder, node->getLoc(), node->getResultTypes(),
                 node->getOperands().take_front(), ArrayRef<NamedAttribute>())
          ->getResult(0);
    });
  });
  EXPECT_TRUE(outcome.failed);
  EXPECT_NE(outcome.errors.find("'/up_output_0', before "), std::string::npos)
      << outcome.errors;
}

TEST(ExactnessCheckTest, SeesWhatUnknownNodesRead) {
  // Nothing that is evaluated reads '/neg'.
  Outcome outcome = check(network, "onnx-channels-last", [](ModuleOp module) {
    replaceOperand(module, "/select", [](Operation *node) {
      return node->getOperand(0).getDefiningOp()->getOperand(0);
    });
  });
  EXPECT_TRUE(outcome.failed);
  EXPECT_NE(outcome.errors.find("operand 0 of '/select' of 'main_graph'"),
            std::string::npos)
      << outcome.errors;
}

TEST(ExactnessCheckTest, AllowsTheRoundingOfNewWeightsAlone) {
  auto replaceWeight = [](double by) {
    return [by](ModuleOp module) {
      module->walk([&](onnx::InitializerOp weight) {
        if (weight.getName() != "w")
          return;
        std::vector<float> numbers{float(1.0 * by), float(2.0 * by),
                                   float(3.0 * by), float(4.0 * by)};
        weight.setValueAttr(DenseElementsAttr::get(
            cast<ShapedType>(weight.getType()), ArrayRef<float>(numbers)));
      });
    };
  };
  Outcome rounded = check(network, "slin-to-onnx", replaceWeight(1.0 + 5e-7));
  EXPECT_FALSE(rounded.failed) << rounded.errors;
  Outcome changed = check(network, "slin-to-onnx", replaceWeight(1.0 + 1e-5));
  EXPECT_TRUE(changed.failed);
  EXPECT_NE(changed.errors.find("expected at most 1.9e-06"), std::string::npos)
      << changed.errors;
}

TEST(ExactnessCheckTest, LetsEqualNodesChange) {
  // -(-x) in front of a node.
  Outcome outcome = check(network, "onnx-split-norms", [](ModuleOp module) {
    replaceOperand(module, "/down", [](Operation *node) {
      OpBuilder builder(node);
      Value value = node->getOperand(0);
      for (int i = 0; i < 2; ++i)
        value =
            onnx::NegOp::create(builder, node->getLoc(), node->getResultTypes(),
                                ValueRange(value), ArrayRef<NamedAttribute>())
                ->getResult(0);
      return value;
    });
  });
  EXPECT_FALSE(outcome.failed) << outcome.errors;
}

TEST(ExactnessCheckTest, LeavesOtherPassesAlone) {
  bool failed = true;
  EXPECT_EQ(errorsOf("slin-factorize", 2.0, failed), "");
  EXPECT_FALSE(failed);
}
