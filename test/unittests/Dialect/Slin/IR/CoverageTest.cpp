//===- CoverageTest.cpp - Every operator op through every visitor ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators come from the dialect's registered ops, so that a new one without
// an example fails; visitors from the list below, where those that do not
// exist yet are pending and must leave that state once they exist.
//
//===----------------------------------------------------------------------===//

#include "BlockProductsByDefinition.h"
#include "NumericEmitter.h"
#include "OperatorExamples.h"

#include "slin/Conversion/Passes.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Cost.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "llvm/Support/FileSystem.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

using namespace mlir;
using namespace slin;
using slin::term::Array;
using slin::term::Matrix;

namespace {

/// An example as IR, with random numbers for its weights.
class Instance {
public:
  explicit Instance(const OperatorExample &example) : example(example) {
    context.loadDialect<func::FuncDialect, SlinDialect>();
    std::string source = "func.func @f(";
    for (size_t i = 0; i < example.arguments.size(); ++i)
      source +=
          (i ? ", %" : "%") + std::to_string(i) + ": " + example.arguments[i];
    source += ") {\n" + example.body + "\nreturn\n}\n";
    module = parseSourceString<ModuleOp>(source, &context);
    if (!module)
      return;
    auto function = *module->getOps<func::FuncOp>().begin();
    std::mt19937 engine(7);
    std::normal_distribution<double> normal;
    for (BlockArgument argument : function.getArguments()) {
      std::vector<double> data(
          cast<ShapedType>(argument.getType()).getNumElements());
      for (double &number : data)
        number = normal(engine);
      numbers.push_back(std::move(data));
    }
    Operation *op = function.front().getTerminator()->getPrevNode();
    linear = dyn_cast<LinearOperatorInterface>(op);
    std::string reason;
    auto built = buildTerm(op->getResult(0), /*tokens=*/1, &reason);
    EXPECT_TRUE(succeeded(built)) << reason;
    if (succeeded(built))
      term = *built;
  }

  /// The numbers of leaf `id`, which is some argument of the function.
  llvm::ArrayRef<double> leaf(unsigned id) const {
    return numbers[cast<BlockArgument>(term->leaves[id]).getArgNumber()];
  }

  Matrix expected() const {
    return Matrix::NullaryExpr(term->term.rows(), term->term.columns(),
                               [&](Eigen::Index row, Eigen::Index column) {
                                 return example.entry(numbers, row, column);
                               });
  }

  const OperatorExample &example;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  StoredNumbers numbers;
  LinearOperatorInterface linear;
  std::optional<TermWithLeaves> term;
};

void checkEvaluation(Instance &instance) {
  auto numbers = [&](unsigned id) { return instance.leaf(id); };
  Matrix difference =
      term::densify(instance.term->term, numbers) - instance.expected();
  EXPECT_LE(difference.cwiseAbs().maxCoeff(), 1e-13);
  Matrix identity = Matrix::Identity(instance.term->term.columns(),
                                     instance.term->term.columns());
  Matrix applied = term::apply(instance.term->term, identity, numbers);
  EXPECT_LE((applied.transpose() - instance.expected()).cwiseAbs().maxCoeff(),
            1e-13);
}

void checkEmission(Instance &instance) {
  auto numbers = [&](unsigned id) { return instance.leaf(id); };
  term::NumericEmitter emitter(numbers);
  Matrix identity = Matrix::Identity(instance.term->term.columns(),
                                     instance.term->term.columns());
  Array emitted = term::emit(instance.term->term, Array::of(identity), emitter);
  EXPECT_LE((emitted.matrix().transpose() - instance.expected())
                .cwiseAbs()
                .maxCoeff(),
            1e-13);
}

void checkCost(Instance &instance) {
  EXPECT_EQ(term::cost(instance.term->term).parameters,
            instance.example.parameters);
}

/// That the operator, applied, is lowered and gone. What it then computes is
/// executed in test/tools/slin-run, where coverage.test looks for each
/// operator.
void checkLinalg(Instance &instance) {
  OwningOpRef<ModuleOp> module = instance.module->clone();
  auto function = *module->getOps<func::FuncOp>().begin();
  Operation *last = function.front().getTerminator();
  Value linop = last->getPrevNode()->getResult(0);
  auto type = cast<LinopType>(linop.getType());
  OpBuilder builder(last);
  auto tensor = [&](int64_t features) {
    return RankedTensorType::get({ShapedType::kDynamic, features},
                                 type.getElementType());
  };
  Value input =
      function.front().addArgument(tensor(type.getIn()), function.getLoc());
  function.setFunctionType(builder.getFunctionType(
      function.front().getArgumentTypes(), TypeRange()));
  ApplyOp::create(builder, last->getLoc(), tensor(type.getOut()), linop, input,
                  Value());
  PassManager manager(module->getContext());
  SlinToLinalgOptions options;
  options.tokens = 1;
  manager.addPass(createSlinToLinalg(options));
  EXPECT_TRUE(succeeded(manager.run(*module)));
  module->walk([](Operation *op) {
    EXPECT_FALSE(isa<SlinDialect>(op->getDialect()))
        << op->getName().getStringRef().str();
  });
}

/// That what a GPU would compute, as products of blocks or as one matrix, is
/// the operator.
void checkBlockProducts(Instance &instance) {
  auto numbers = [&](unsigned id) { return instance.leaf(id); };
  Matrix identity = Matrix::Identity(instance.term->term.columns(),
                                     instance.term->term.columns());
  std::vector<std::vector<BlockProduct>> ways = {
      {denseProduct(instance.term->term, numbers)}};
  if (auto products = findBlockProducts(instance.term->term, numbers))
    ways.push_back(*products);
  for (const std::vector<BlockProduct> &products : ways) {
    Matrix computed = computeByDefinition(products, identity);
    EXPECT_LE(
        (computed.transpose() - instance.expected()).cwiseAbs().maxCoeff(),
        1e-13);
  }
}

/// What is done with terms. A visitor without a check is pending: it has to be
/// given one, and the room that would hold it must not exist before.
struct Visitor {
  std::string name;
  std::string room;
  void (*check)(Instance &);
};

const Visitor visitors[] = {
    {"evaluate", "", checkEvaluation},
    {"emit", "SlinToONNX", checkEmission},
    {"cost", "", checkCost},
    {"linalg", "SlinToLinalg", checkLinalg},
    {"gpu", "SlinToSlinGPU", checkBlockProducts},
};

} // namespace

TEST(CoverageTest, EveryOperatorThroughEveryVisitor) {
  for (const OperatorExample &example : operatorExamples()) {
    Instance instance(example);
    SCOPED_TRACE("slin." + example.name);
    ASSERT_TRUE(instance.module.get() != nullptr);
    ASSERT_TRUE(bool(instance.linear));
    ASSERT_EQ(instance.linear->getName().stripDialect().str(), example.name);
    ASSERT_TRUE(instance.term.has_value());
    EXPECT_EQ(instance.linear.getLinopType().getOut(),
              instance.term->term.rows());
    EXPECT_EQ(instance.linear.getLinopType().getIn(),
              instance.term->term.columns());
    for (const Visitor &visitor : visitors) {
      SCOPED_TRACE(visitor.name);
      if (visitor.check)
        visitor.check(instance);
    }
  }
}

TEST(CoverageTest, EveryOperatorHasAnExample) {
  MLIRContext context;
  context.loadDialect<SlinDialect>();
  std::set<std::string> examples, operators;
  for (const OperatorExample &example : operatorExamples())
    examples.insert(example.name);
  for (RegisteredOperationName name :
       context.getRegisteredOperationsByDialect("slin"))
    if (name.hasInterface<LinearOperatorInterface>())
      operators.insert(name.stripDialect().str());
  EXPECT_EQ(operators, examples);
  EXPECT_GE(operators.size(), 16u);
}

/// The other way round: whoever has an operator as result must say what it is.
TEST(CoverageTest, OnlyUsesHaveNoTerm) {
  MLIRContext context;
  context.loadDialect<SlinDialect>();
  std::set<std::string> others;
  for (RegisteredOperationName name :
       context.getRegisteredOperationsByDialect("slin"))
    if (!name.hasInterface<LinearOperatorInterface>())
      others.insert(name.stripDialect().str());
  EXPECT_EQ(others, (std::set<std::string>{"activation", "add", "apply", "ffn",
                                           "weight", "yield"}));
}

TEST(CoverageTest, PendingVisitorsDoNotExist) {
  for (const Visitor &visitor : visitors) {
    if (visitor.check)
      continue;
    EXPECT_FALSE(llvm::sys::fs::exists(SLIN_CONVERSIONS "/" + visitor.room))
        << "visitor '" << visitor.name
        << "' exists but is still listed as pending";
  }
}
