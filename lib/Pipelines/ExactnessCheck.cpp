//===- ExactnessCheck.cpp - Exact rewrites are exact ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two checks. Passes that change the operators of linears and leave the linears
// where they are: each operator, on inputs of its own. Passes that rewrite
// nodes or linears: whole functions, value by value, by the names that values
// keep.
//
//===----------------------------------------------------------------------===//

#include "FunctionValues.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Pipelines/ExactnessCheck.h"
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

/// The functions of a module, for few and for many tokens where that makes a
/// difference.
struct Snapshot {
  /// Of the ops that were evaluated.
  uint64_t fingerprint;
  llvm::MapVector<StringAttr, std::vector<FunctionValues>> functions;
  llvm::MapVector<StringAttr, evaluation::WeightSet> weights;
};

/// Values that were compared.
struct Changes {
  void add(StringAttr name, Location where, double difference, double limit) {
    if (difference <= limit) {
      ++same;
      return;
    }
    if (changed++)
      return;
    first = name;
    location = where;
    error = difference;
  }
  unsigned same = 0, changed = 0;
  /// The first one that changed, in the order of the graph.
  StringAttr first;
  LocationAttr location;
  double error = 0.0;
};

class ExactnessCheck final : public PassInstrumentation {
public:
  explicit ExactnessCheck(std::shared_ptr<ExactnessResult> result)
      : result(std::move(result)) {}
  void runBeforePass(Pass *pass, Operation *op) override;
  void runAfterPass(Pass *pass, Operation *op) override;

private:
  void compareOperators(Pass *pass, Operation *op);
  std::shared_ptr<Snapshot> evaluate(Operation *op);
  void compareFunctions(Pass *pass, Operation *op, const Snapshot &was,
                        const Snapshot &is);
  void compareFunction(Pass *pass, func::FuncOp function,
                       const FunctionValues &was, const FunctionValues &is,
                       double limit);
  void report(Location location, Pass *pass, const Twine &what, double error,
              double limit);

  std::shared_ptr<ExactnessResult> result;
  llvm::DenseMap<Operation *, Results> before;
  evaluation::WeightCache weights;
  /// By function, the same for all passes.
  llvm::DenseMap<Attribute, RandomTensors> inputs;
  /// Of the last pass that was checked: what it left is what the next one
  /// finds, unless others changed it.
  llvm::DenseMap<Operation *, std::shared_ptr<Snapshot>> snapshots;
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

/// A batch that no model has one token less than.
static constexpr int64_t kManyTokens = 1 << 20;

/// The passes that replace operators by equal ones.
static bool keepsOperators(Pass *pass) {
  return llvm::is_contained(
      {"slin-densify", "slin-premerge", "slin-recover-structure"},
      pass->getArgument());
}

/// The exact rewrites of nodes and of linears: the results of each function
/// stay what they are, and so does every value that keeps its name.
static bool keepsFunctions(Pass *pass) {
  return llvm::is_contained(
      {"onnx-to-slin", "onnx-raise-linears", "slin-to-onnx", "slin-merge",
       "slin-stack", "onnx-unsplit-experts", "onnx-sink-gates",
       "onnx-split-networks", "onnx-split-norms", "onnx-fold-scales",
       "onnx-pool-after-linears", "onnx-stack-linears", "onnx-bypass-softmax",
       "onnx-channels-last", "onnx-drop-unread"},
      pass->getArgument());
}

/// What `op` and all in it are, properties included, which upstream's
/// fingerprint leaves out.
static uint64_t fingerprintOf(Operation *op) {
  llvm::hash_code hash = 0;
  op->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    hash = llvm::hash_combine(hash, inner, inner->getName(),
                              inner->getRawDictionaryAttrs(),
                              inner->hashProperties());
    for (Value operand : inner->getOperands())
      hash = llvm::hash_combine(hash, operand);
    for (Type type : inner->getResultTypes())
      hash = llvm::hash_combine(hash, type);
  });
  return hash;
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
  if (keepsFunctions(pass)) {
    std::shared_ptr<Snapshot> &known = snapshots[op];
    if (!known || known->fingerprint != fingerprintOf(op))
      known = evaluate(op);
  }
  if (!keepsOperators(pass))
    return;
  op->walk([&](ApplyOp apply) {
    Results results;
    if (::evaluate(apply.getLinop(), 1, results) &&
        ::evaluate(apply.getLinop(), kManyTokens, results))
      before[apply] = std::move(results);
  });
}

void ExactnessCheck::runAfterPass(Pass *pass, Operation *op) {
  if (keepsOperators(pass))
    compareOperators(pass, op);
  std::shared_ptr<Snapshot> was = snapshots.lookup(op);
  if (!keepsFunctions(pass) || !was || was->fingerprint == fingerprintOf(op))
    return;
  std::shared_ptr<Snapshot> is = evaluate(op);
  compareFunctions(pass, op, *was, *is);
  snapshots[op] = is;
}

void ExactnessCheck::report(Location location, Pass *pass, const Twine &what,
                            double error, double limit) {
  result->failed = true;
  emitError(location) << pass->getArgument() << ": " << what << " changed by "
                      << llvm::formatv("{0:e2}", error).str()
                      << " of its largest value, expected at most "
                      << llvm::formatv("{0:e1}", limit).str();
}

void ExactnessCheck::compareOperators(Pass *pass, Operation *op) {
  op->walk([&](ApplyOp apply) {
    auto it = before.find(apply);
    Results after;
    if (it == before.end() || !::evaluate(apply.getLinop(), 1, after) ||
        !::evaluate(apply.getLinop(), kManyTokens, after))
      return;
    for (auto [was, is] : llvm::zip(it->second.values, after.values)) {
      double scale = std::max(1e-300, was.cwiseAbs().maxCoeff());
      double error = (is - was).cwiseAbs().maxCoeff() / scale;
      double limit = std::max(it->second.tolerance, after.tolerance);
      if (error > limit)
        report(apply.getLoc(), pass,
               "'" + apply.getPath().value_or("linear") + "'", error, limit);
    }
  });
  before.clear();
}

std::shared_ptr<Snapshot> ExactnessCheck::evaluate(Operation *op) {
  auto snapshot = std::make_shared<Snapshot>(Snapshot{fingerprintOf(op)});
  op->walk([&](func::FuncOp function) {
    if (function.isDeclaration())
      return;
    StringAttr name = function.getSymNameAttr();
    auto &values = snapshot->functions[name];
    bool chooses =
        function.walk([](ByTokensOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    for (int64_t tokens : {int64_t(1), kManyTokens})
      if (tokens == 1 || chooses)
        values.push_back(
            evaluateFunction(function, tokens, inputs[name], weights));
    snapshot->weights[name] = evaluation::weightsOf(function);
  });
  return snapshot;
}

void ExactnessCheck::compareFunctions(Pass *pass, Operation *op,
                                      const Snapshot &was, const Snapshot &is) {
  op->walk([&](func::FuncOp function) {
    StringAttr name = function.getSymNameAttr();
    auto old = was.functions.find(name), now = is.functions.find(name);
    if (old == was.functions.end() || now == is.functions.end())
      return;
    double limit = evaluation::permittedError(was.weights.lookup(name),
                                              is.weights.lookup(name));
    size_t rounds = std::max(old->second.size(), now->second.size());
    for (size_t i = 0; i < rounds; ++i)
      compareFunction(pass, function,
                      old->second[std::min(i, old->second.size() - 1)],
                      now->second[std::min(i, now->second.size() - 1)], limit);
  });
}

/// Results decide. Values inside say where a difference starts: some keep their
/// name and not their meaning, such as probabilities of which only the order is
/// read.
void ExactnessCheck::compareFunction(Pass *pass, func::FuncOp function,
                                     const FunctionValues &was,
                                     const FunctionValues &is, double limit) {
  Changes inside;
  for (const auto &[name, value] : is.values) {
    auto it = was.values.find(name);
    // Values of another shape are others, such as the tokens of one expert.
    if (it != was.values.end() &&
        it->second.tensor.getShape() == value.tensor.getShape())
      inside.add(name, value.location,
                 differenceOf(it->second.tensor, value.tensor), limit);
  }
  Changes ends;
  for (const auto &[name, tensor] : is.ends)
    if (auto it = was.ends.find(name); it != was.ends.end())
      ends.add(name, function.getLoc(), differenceOf(it->second, tensor),
               limit);
  if (ends.changed) {
    std::string end =
        (ends.first.getValue() + " of '" + function.getName() + "'").str();
    if (!inside.changed)
      return report(function.getLoc(), pass, end, ends.error, limit);
    return report(inside.location, pass,
                  "'" + inside.first.getValue() + "', before " + end + ",",
                  inside.error, limit);
  }
  auto named = [](StringRef name) {
    return remark::RemarkOpts::name(name).category("slin-verify-exact");
  };
  std::string head =
      ("'" + pass->getArgument() + "': '" + function.getName() + "': ").str();
  auto obstacles = is.obstacles;
  obstacles.insert_range(was.obstacles);
  for (StringAttr obstacle : obstacles)
    remark::missed(function.getLoc(), named("NotVerified"))
        << head + obstacle.str();
  for (StringAttr name : is.notFinite)
    remark::missed(function.getLoc(), named("NotVerified"))
        << head + name.str() + " is not a number on these inputs";
  std::string others = inside.changed ? ", " + std::to_string(inside.changed) +
                                            " have the names of others"
                                      : "";
  remark::passed(function.getLoc(), named("Verified"))
      << head + std::to_string(ends.same) + " results and " +
             std::to_string(inside.same) + " values inside are what they were" +
             others;
}

std::unique_ptr<PassInstrumentation>
slin::createExactnessCheck(std::shared_ptr<ExactnessResult> result) {
  return std::make_unique<ExactnessCheck>(std::move(result));
}

void slin::verifyMerges(DialectRegistry &registry) {
  registry.addExtension(TypeID::get<VerifyMerges>(),
                        std::make_unique<VerifyMerges>());
}
