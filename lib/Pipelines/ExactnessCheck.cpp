//===- ExactnessCheck.cpp - Exact rewrites are exact ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linears are known by the ops that apply them: the passes that are checked
// change their operators and leave them where they are.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/ExactnessCheck.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Evaluate.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Pass/Pass.h"

#include "llvm/Support/FormatVariadic.h"

#include <random>

using namespace mlir;
using namespace slin;
using term::Matrix;

namespace {
/// What a linear gives for few and for many tokens.
struct Results {
  std::vector<Matrix> values;
  double tolerance = 0.0;
};

class ExactnessCheck final : public PassInstrumentation {
public:
  explicit ExactnessCheck(std::shared_ptr<ExactnessResult> result)
      : result(std::move(result)) {}
  void runBeforePass(Pass *pass, Operation *op) override;
  void runAfterPass(Pass *pass, Operation *op) override;

private:
  std::shared_ptr<ExactnessResult> result;
  llvm::DenseMap<Operation *, Results> before;
};

/// Sets the flag of the dialect in every new context.
class VerifyMerges final : public DialectExtension<VerifyMerges, SlinDialect> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VerifyMerges)
  void apply(MLIRContext *, SlinDialect *dialect) const override {
    dialect->setVerifiesMerges(true);
  }
};
} // namespace

/// The passes that replace operators by equal ones.
static bool keepsOperators(Pass *pass) {
  return llvm::is_contained(
      {"slin-densify", "slin-premerge", "slin-recover-structure"},
      pass->getArgument());
}

/// The exact rewrites of a model's own nodes, of which there is no evaluation.
static bool rewritesNodes(Pass *pass) {
  return llvm::is_contained({"onnx-raise-linears", "onnx-unsplit-experts",
                             "onnx-sink-gates", "onnx-split-networks",
                             "onnx-split-norms", "onnx-fold-scales",
                             "onnx-pool-after-linears", "onnx-stack-linears",
                             "onnx-bypass-softmax", "onnx-channels-last"},
                            pass->getArgument());
}

/// Of sums of rounded products, relative to the largest: a few units in the
/// last place of the narrowest weight.
static double toleranceOf(const TermWithLeaves &expression) {
  double unit = 1e-12;
  for (Value leaf : expression.leaves) {
    auto type =
        cast<FloatType>(cast<ShapedType>(leaf.getType()).getElementType());
    unit = std::max(unit, std::ldexp(1.0, 4 - int(type.getFPMantissaWidth())));
  }
  return unit;
}

static bool evaluate(Value linop, int64_t tokens, Results &results) {
  auto expression = buildTerm(linop, tokens);
  if (failed(expression))
    return false;
  std::vector<std::vector<double>> numbers;
  for (Value leaf : expression->leaves) {
    auto weight = leaf.getDefiningOp<weights::WeightOpInterface>();
    std::string reason;
    auto elements =
        weight ? weight.getElements(reason) : FailureOr<weights::Elements>();
    if (failed(elements))
      return false;
    auto &values = numbers.emplace_back(elements->type.getNumElements());
    if (failed(weights::toDoubles(*elements, values, reason)))
      return false;
  }
  std::mt19937 engine(1);
  std::normal_distribution<double> normal;
  Matrix input =
      Matrix::NullaryExpr(3, cast<LinopType>(linop.getType()).getIn(),
                          [&](auto...) { return normal(engine); });
  results.values.push_back(term::apply(
      expression->term, input,
      [&](unsigned id) -> ArrayRef<double> { return numbers[id]; }));
  results.tolerance = std::max(results.tolerance, toleranceOf(*expression));
  return true;
}

void ExactnessCheck::runBeforePass(Pass *pass, Operation *op) {
  before.clear();
  if (rewritesNodes(pass))
    remark::missed(
        op->getLoc(),
        remark::RemarkOpts::name("NotVerified").category("slin-verify-exact"))
        << "'" + pass->getArgument().str() +
               "' is not verified: ONNX nodes are not evaluated";
  if (!keepsOperators(pass))
    return;
  op->walk([&](ApplyOp apply) {
    Results results;
    if (evaluate(apply.getLinop(), 1, results) &&
        evaluate(apply.getLinop(), 1 << 20, results))
      before[apply] = std::move(results);
  });
}

void ExactnessCheck::runAfterPass(Pass *pass, Operation *op) {
  if (!keepsOperators(pass))
    return;
  op->walk([&](ApplyOp apply) {
    auto it = before.find(apply);
    Results after;
    if (it == before.end() || !evaluate(apply.getLinop(), 1, after) ||
        !evaluate(apply.getLinop(), 1 << 20, after))
      return;
    for (auto [was, is] : llvm::zip(it->second.values, after.values)) {
      double scale = std::max(1e-300, was.cwiseAbs().maxCoeff());
      double error = (is - was).cwiseAbs().maxCoeff() / scale;
      double limit = std::max(it->second.tolerance, after.tolerance);
      if (error <= limit)
        continue;
      result->failed = true;
      apply.emitError() << pass->getArgument() << ": '"
                        << apply.getPath().value_or("linear") << "' changed by "
                        << llvm::formatv("{0:e2}", error).str()
                        << " of its largest value, expected at most "
                        << llvm::formatv("{0:e1}", limit).str();
    }
  });
  before.clear();
}

std::unique_ptr<PassInstrumentation>
slin::createExactnessCheck(std::shared_ptr<ExactnessResult> result) {
  return std::make_unique<ExactnessCheck>(std::move(result));
}

void slin::verifyMerges(DialectRegistry &registry) {
  registry.addExtension(TypeID::get<VerifyMerges>(),
                        std::make_unique<VerifyMerges>());
}
