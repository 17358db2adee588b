//===- Stack.cpp - Linears of one input as one product --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whether several products of one value are faster side by side or as one
// product that is cut afterwards depends on the target and the token count: one
// product saves what products cost beside arithmetic, the cuts move its
// features once more. Both ways lead here.
//
//===----------------------------------------------------------------------===//

#include "FormWeights.h"
#include "LinearEvaluation.h"
#include "LinearReplacement.h"
#include "Selection.h"
#include "StackGroups.h"
#include "TimingConditions.h"
#include "WeightNumbers.h"

#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"
#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Term/Cost.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_STACK
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using term::Term;

namespace {
/// The seconds of both ways, at each token count asked for.
struct Times {
  SmallVector<double> apart, stacked;
};

struct StackPass final : slin::impl::StackBase<StackPass> {
  using StackBase::StackBase;
  void runOnOperation() override;

private:
  LogicalResult run(std::string &reason);
};

/// Rewrites the groups of a module.
class Stacker {
public:
  Stacker(ModuleOp module, const TimingConditions &timing,
          ArrayRef<int64_t> tokens)
      : timing(timing), tokens(tokens), newWeights(module),
        verifies(module.getContext()
                     ->getLoadedDialect<SlinDialect>()
                     ->verifiesMerges()),
        builder(module.getContext()) {}

  /// Takes the faster way. Fails with a reason where that cannot be said or
  /// done.
  LogicalResult rewrite(StackGroup &group, std::string &reason);

private:
  FailureOr<Times> time(StackGroup &group, std::string &reason) const;
  LogicalResult stack(StackGroup &group, std::string &reason);
  LogicalResult takeApart(StackGroup &group, std::string &reason);
  LogicalResult verify(ApplyOp whole, ArrayRef<ApplyOp> parts,
                       ArrayRef<int64_t> offsets, std::string &reason) const;
  FailureOr<Value> makeDense(const TermWithLeaves &expression, FloatType type,
                             const std::string &name, std::string &reason);

  const TimingConditions &timing;
  ArrayRef<int64_t> tokens;
  NewWeights newWeights;
  bool verifies;
  OpBuilder builder;
};
} // namespace

//===----------------------------------------------------------------------===//
// Which way is faster
//===----------------------------------------------------------------------===//

FailureOr<Times> Stacker::time(StackGroup &group, std::string &reason) const {
  ApplyOp first = group.linears.front();
  double width =
      first.getLinopType().getElementType().getIntOrFloatBitWidth() / 8.0;
  Times times;
  for (int64_t count : tokens) {
    double apart = 0, stacked = 0;
    auto add = [&](double &sum, const Term &term) {
      double bytes = double(term::cost(term).parameters) * width;
      auto conditions =
          timing.of(first.getLinopType(), bytes, group.linears, reason);
      if (failed(conditions))
        return failure();
      conditions->tokens = count;
      sum += cost::estimateTime(term, *conditions, timing.getTarget());
      return success();
    };
    for (const TermWithLeaves &part : group.parts)
      if (failed(add(apart, denseForm(part.term).term)))
        return failure();
    int64_t rows = group.rows();
    Term whole = *Term::dense(term::Leaf::whole(
        0, {first.getLinopType().getIn(), rows}, /*transposed=*/true));
    if (failed(add(stacked, whole)))
      return failure();
    for (auto [part, offset] : llvm::zip(group.parts, group.offsets))
      if (failed(add(stacked, *Term::identity(rows).sliceRows(
                                  offset, part.term.rows()))))
        return failure();
    times.apart.push_back(apart);
    times.stacked.push_back(stacked);
  }
  return times;
}

/// Faster at one token count, and slower at none.
static bool isFaster(ArrayRef<double> a, ArrayRef<double> b) {
  auto pairs = llvm::zip(a, b);
  return llvm::all_of(pairs,
                      [](auto pair) {
                        return std::get<0>(pair) <= std::get<1>(pair);
                      }) &&
         llvm::any_of(pairs, [](auto pair) {
           return std::get<0>(pair) < std::get<1>(pair);
         });
}

static std::string describe(const StackGroup &group, const Times &times,
                            ArrayRef<int64_t> tokens, StringRef target) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (auto [index, count] : llvm::enumerate(tokens))
    stream << llvm::formatv("{0}{1:f1} us stacked and {2:f1} us apart for {3} "
                            "tokens",
                            index ? ", " : "", times.stacked[index] * 1e6,
                            times.apart[index] * 1e6, count)
                  .str();
  stream << " on '" << target << "'";
  return text;
}

static std::string namesOf(const StackGroup &group) {
  std::string names;
  for (ApplyOp linear : group.linears)
    names +=
        (names.empty() ? "'" : ", '") + NewWeights::baseNameOf(linear) + "'";
  return names;
}

LogicalResult Stacker::rewrite(StackGroup &group, std::string &reason) {
  ApplyOp first = group.linears.front();
  std::string path = first.getPath().value_or("").str();
  auto options = [&](StringRef name) {
    return remark::RemarkOpts::name(name).category("slin-stack").function(path);
  };
  auto times = time(group, reason);
  if (failed(times))
    return failure();
  std::string names = namesOf(group);
  std::string estimates =
      describe(group, *times, tokens, timing.getTarget().name);
  Location location = first.getLoc();
  bool stacks = !group.isStacked();
  if (!(stacks ? isFaster(times->stacked, times->apart)
               : isFaster(times->apart, times->stacked))) {
    remark::missed(location, options(stacks ? "StayApart" : "StaysStacked"))
        << names + (stacks ? " stay apart: " : " stays one product: ") +
               estimates;
    return success();
  }
  size_t count = group.parts.size();
  if (failed(stacks ? stack(group, reason) : takeApart(group, reason)))
    return failure();
  remark::passed(location, options(stacks ? "Stacked" : "TakenApart"))
      << names +
             (stacks ? " are one product: "
                     : " is " + std::to_string(count) + " products: ") +
             estimates;
  return success();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

FailureOr<Value> Stacker::makeDense(const TermWithLeaves &expression,
                                    FloatType type, const std::string &name,
                                    std::string &reason) {
  auto maker = FormMaker::open(expression, reason);
  if (failed(maker))
    return failure();
  const Term &term = maker->getTerm();
  return maker->make(
      builder, builder.getInsertionPoint()->getLoc(), denseForm(term),
      LinopType::get(builder.getContext(), term.columns(), term.rows(), type),
      name, newWeights, reason);
}

/// `size` numbers of a bias from `offset` on, a single number being all of
/// them; zeros without one. Fails with a reason where it cannot be read.
static FailureOr<std::vector<double>>
readBias(Value bias, int64_t offset, int64_t size, std::string &reason) {
  if (!bias)
    return std::vector<double>(size, 0.0);
  WeightNumbers numbers;
  auto values = numbers.get(bias, reason);
  if (failed(values))
    return failure();
  if (values->size() == 1)
    return std::vector<double>(size, values->front());
  return std::vector<double>(values->begin() + offset,
                             values->begin() + offset + size);
}

static FloatType typeOfBias(Value bias) {
  return cast<FloatType>(cast<ShapedType>(bias.getType()).getElementType());
}

/// Whether the parts compute what the whole does, where that is asked for.
LogicalResult Stacker::verify(ApplyOp whole, ArrayRef<ApplyOp> parts,
                              ArrayRef<int64_t> offsets,
                              std::string &reason) const {
  if (!verifies)
    return success();
  term::Matrix input = randomInput(whole.getLinopType().getIn(), 1);
  auto all = evaluateLinear(whole, input, reason);
  for (auto [part, offset] : llvm::zip(parts, offsets)) {
    auto own = evaluateLinear(part, input, reason);
    if (failed(all) || failed(own))
      return failure();
    // Of what is not finite there is nothing to compare.
    if (!own->allFinite())
      continue;
    double scale = std::max(1e-300, own->cwiseAbs().maxCoeff());
    double error =
        (all->middleCols(offset, own->cols()) - *own).cwiseAbs().maxCoeff() /
        scale;
    if (!(error <= kExactTolerance))
      return emitError(whole.getLoc())
             << "slin-stack: '" << NewWeights::baseNameOf(part)
             << "' would change by " << llvm::formatv("{0:e2}", error).str()
             << " of its largest value, expected at most "
             << llvm::formatv("{0:e0}", kExactTolerance).str();
  }
  return success();
}

LogicalResult Stacker::stack(StackGroup &group, std::string &reason) {
  ApplyOp first = group.linears.front();
  builder.setInsertionPoint(first);
  auto type = cast<FloatType>(first.getLinopType().getElementType());
  std::string name = NewWeights::baseNameOf(first) + "/stacked";
  std::vector<double> numbers;
  FloatType biasType;
  for (ApplyOp linear : group.linears) {
    auto values =
        readBias(linear.getBias(), 0, linear.getLinopType().getOut(), reason);
    if (failed(values))
      return failure();
    llvm::append_range(numbers, *values);
    FloatType own =
        linear.getBias() ? typeOfBias(linear.getBias()) : FloatType();
    if (own &&
        (!biasType || own.getFPMantissaWidth() > biasType.getFPMantissaWidth()))
      biasType = own;
  }
  auto whole = stackParts(group, reason);
  if (failed(whole))
    return failure();
  auto linop = makeDense(*whole, type, name, reason);
  if (failed(linop))
    return failure();
  int64_t rows = numbers.size();
  Value bias;
  if (biasType)
    bias = newWeights.make(builder, first.getLoc(), name + "/slin_bias",
                           RankedTensorType::get({rows}, biasType),
                           weights::fromDoubles(biasType, numbers));
  auto stacked = ApplyOp::create(
      builder, first.getLoc(), withFeatures(first.getResult().getType(), rows),
      *linop, first.getInput(), bias);
  stacked.setPath(name);
  stacked.setInputNameAttr(first.getInputNameAttr());
  if (Attribute index = first->getAttr("onnx.index"))
    stacked->setAttr("onnx.index", index);
  if (failed(verify(stacked, group.linears, group.offsets, reason)))
    return failure();
  for (auto [linear, offset] : llvm::zip(group.linears, group.offsets)) {
    builder.setInsertionPoint(linear);
    Value cut = makeOperatorOf(
        builder, linear.getLoc(),
        *Term::identity(rows).sliceRows(offset, linear.getLinopType().getOut()),
        {}, type);
    auto part =
        ApplyOp::create(builder, linear.getLoc(), linear.getResult().getType(),
                        cut, stacked.getResult(), Value());
    part.setPathAttr(linear.getPathAttr());
    takeAttributes(linear, part);
    linear.getResult().replaceAllUsesWith(part.getResult());
    eraseLinear(linear, newWeights);
  }
  return success();
}

LogicalResult Stacker::takeApart(StackGroup &group, std::string &reason) {
  ApplyOp whole = group.linears.front();
  auto type = cast<FloatType>(whole.getLinopType().getElementType());
  std::string name = NewWeights::baseNameOf(whole);
  SmallVector<ApplyOp> parts;
  for (auto [index, cut] : llvm::enumerate(group.cuts)) {
    builder.setInsertionPoint(cut);
    int64_t size = cut.getLinopType().getOut();
    std::string part = name + "/part_" + std::to_string(index);
    auto linop = makeDense(group.parts[index], type, part, reason);
    if (failed(linop))
      return failure();
    Value bias = whole.getBias();
    if (bias && cast<ShapedType>(bias.getType()).getNumElements() != 1) {
      auto numbers = readBias(bias, group.offsets[index], size, reason);
      if (failed(numbers))
        return failure();
      bias = newWeights.make(builder, cut.getLoc(), part + "/slin_bias",
                             RankedTensorType::get({size}, typeOfBias(bias)),
                             weights::fromDoubles(typeOfBias(bias), *numbers));
    }
    auto linear =
        ApplyOp::create(builder, cut.getLoc(), cut.getResult().getType(),
                        *linop, whole.getInput(), bias);
    linear.setPath(part);
    linear.setInputNameAttr(whole.getInputNameAttr());
    takeAttributes(cut, linear);
    parts.push_back(linear);
  }
  if (failed(verify(whole, parts, group.offsets, reason)))
    return failure();
  for (auto [cut, part] : llvm::zip(group.cuts, parts)) {
    cut.getResult().replaceAllUsesWith(part.getResult());
    eraseLinear(cut, newWeights);
  }
  // The model's own nodes of the cuts are dead now.
  for (Operation *user :
       llvm::make_early_inc_range(whole.getResult().getUsers()))
    if (user->hasAttr(kReplaced) && user->use_empty())
      user->erase();
  if (whole->use_empty())
    eraseLinear(whole, newWeights);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static void noteNotTaken(ApplyOp linear, const std::string &reason) {
  remark::missed(linear.getLoc(), remark::RemarkOpts::name("NotTimed")
                                      .category("slin-stack")
                                      .function(linear.getPath().value_or("")))
      << "'" + NewWeights::baseNameOf(linear) + "': " + reason;
}

LogicalResult StackPass::run(std::string &reason) {
  if (tokens.empty())
    tokens.push_back(1);
  auto timing = TimingConditions::open(getOperation(), target, *tokens, reason);
  Linears linears = findLinears(getOperation());
  if (failed(timing) || failed(select(linears, *include, *exclude, reason)))
    return failure();
  std::vector<StackGroup> groups = findStackGroups(linears, noteNotTaken);
  Stacker stacker(getOperation(), *timing, *tokens);
  for (StackGroup &group : groups) {
    std::string why;
    ApplyOp first = group.linears.front();
    if (succeeded(stacker.rewrite(group, why)))
      continue;
    // An error was told already.
    if (why.empty())
      return failure();
    noteNotTaken(first, why);
  }
  return success();
}

void StackPass::runOnOperation() {
  std::string reason;
  if (succeeded(run(reason)))
    return;
  if (!reason.empty())
    emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
  signalPassFailure();
}
