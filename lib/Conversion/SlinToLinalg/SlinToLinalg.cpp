//===- SlinToLinalg.cpp - slin ops become linalg ops ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Networks are opened, activations become what their names say, linears what
// their operators' terms say; then no operator may be left.
//
//===----------------------------------------------------------------------===//

#include "ActivationEmitter.h"
#include "LinalgEmitter.h"
#include "TokenTensor.h"

#include "slin/Conversion/Passes.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"

namespace slin {
#define GEN_PASS_DEF_SLINTOLINALG
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct SlinToLinalgPass final : slin::impl::SlinToLinalgBase<SlinToLinalgPass> {
  using SlinToLinalgBase::SlinToLinalgBase;
  void runOnOperation() override;

private:
  LogicalResult lowerApply(ApplyOp apply);
  LogicalResult lowerAdd(AddOp add);
  FailureOr<int64_t> tokensFor(ApplyOp apply);
  Value constantFor(Value weight);
  LogicalResult checkNothingLeft();
  /// The constant of each weight of the model, at the start of its function.
  llvm::DenseMap<Value, Value> constants;
};
} // namespace

/// The body takes the place of the op.
static void openNetwork(FFNOp ffn) {
  Block &body = ffn.getBody().front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), ffn.getInputs()))
    argument.replaceAllUsesWith(input);
  Operation *yield = body.getTerminator();
  SmallVector<Value> results(yield->getOperands());
  yield->erase();
  ffn->getBlock()->getOperations().splice(ffn->getIterator(),
                                          body.getOperations());
  ffn->replaceAllUsesWith(results);
  ffn->erase();
}

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

/// The reason why a value of `type` is no activation of `features` features,
/// or "". `features` 0: any tensor.
static std::string checkTensor(StringRef name, Type type, int64_t features) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isComputable(tensor.getElementType()))
    os << "expected '" << name
       << "' to be a tensor of f64, f32, f16 or bf16 with known rank, found '"
       << type << "'";
  else if (features &&
           (tensor.getRank() == 0 || tensor.getShape().back() != features))
    os << "expected '" << name << "' with a last axis of " << features
       << ", found '" << type << "'";
  else if (!features && !tensor.hasStaticShape())
    os << "expected '" << name << "' of static shape, found '" << type << "'";
  return reason;
}

static std::string checkTypes(ApplyOp apply) {
  LinopType type = apply.getLinopType();
  std::string reason =
      checkTensor("input", apply.getInput().getType(), type.getIn());
  if (reason.empty())
    reason = checkTensor("result", apply.getResult().getType(), type.getOut());
  if (reason.empty() && apply.getBias())
    reason = checkTensor("bias", apply.getBias().getType(), 0);
  return reason;
}

/// Whether the operator is another one for other token counts.
static bool dependsOnTokens(Value linop) {
  SmallVector<Value> work{linop};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (isa<ByTokensOp>(op))
      return true;
    for (Value operand : op->getOperands())
      if (isa<LinopType>(operand.getType()))
        work.push_back(operand);
  }
  return false;
}

FailureOr<int64_t> SlinToLinalgPass::tokensFor(ApplyOp apply) {
  if (tokens > 0)
    return int64_t(tokens);
  auto type = cast<RankedTensorType>(apply.getInput().getType());
  int64_t count = 1;
  for (int64_t size : type.getShape().drop_back()) {
    if (ShapedType::isDynamic(size)) {
      if (!dependsOnTokens(apply.getLinop()))
        return 1;
      return apply.emitError()
             << "expected a known number of tokens for 'slin.by_tokens', found "
             << type << ": give the option tokens=N";
    }
    count *= size;
  }
  return std::max<int64_t>(count, 1);
}

Value SlinToLinalgPass::constantFor(Value weight) {
  auto op = weight.getDefiningOp<weights::WeightOpInterface>();
  if (!op || !isa<TypedAttr>(op.getWeight()))
    return weight;
  Value &known = constants[weight];
  if (known)
    return known;
  auto function = op->getParentOfType<FunctionOpInterface>();
  OpBuilder builder =
      function ? OpBuilder::atBlockBegin(&function.getFunctionBody().front())
               : OpBuilder(op);
  known = arith::ConstantOp::create(builder, op.getLoc(),
                                    cast<TypedAttr>(op.getWeight()));
  return known;
}

/// A bias of any shape with `out` elements, or one, as [out] or of rank 0.
static Value flattenBias(OpBuilder &builder, Location location, Value bias,
                         int64_t out) {
  auto type = cast<RankedTensorType>(bias.getType());
  bool isOne = type.getNumElements() == 1 && out != 1;
  if (type.getRank() == (isOne ? 0 : 1))
    return bias;
  if (type.getRank() == 0)
    return tensor::ExpandShapeOp::create(
        builder, location, RankedTensorType::get({1}, type.getElementType()),
        bias, ArrayRef<ReassociationIndices>{});
  SmallVector<ReassociationIndices> groups;
  if (!isOne)
    groups.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(type.getRank())));
  return tensor::CollapseShapeOp::create(builder, location, bias, groups);
}

LogicalResult SlinToLinalgPass::lowerApply(ApplyOp apply) {
  StringRef path = apply.getPath().value_or("linear");
  std::string reason = checkTypes(apply);
  if (!reason.empty())
    return apply.emitError()
           << "'" << path << "' cannot be lowered: " << reason;
  FailureOr<int64_t> count = tokensFor(apply);
  if (failed(count))
    return failure();
  FailureOr<TermWithLeaves> term = buildTerm(apply.getLinop(), *count, &reason);
  if (failed(term))
    return apply.emitError()
           << "'" << path << "' cannot be lowered: " << reason;
  OpBuilder builder(apply);
  Location location = apply.getLoc();
  auto resultType = cast<RankedTensorType>(apply.getResult().getType());
  auto elementType = cast<FloatType>(resultType.getElementType());
  Value input = apply.getInput(), bias = apply.getBias();
  SmallVector<Type> types{apply.getLinopType().getElementType(), elementType,
                          getElementTypeOrSelf(input.getType())};
  if (bias)
    types.push_back(getElementTypeOrSelf(bias.getType()));
  auto leafTensor = [&](unsigned id) { return constantFor(term->leaves[id]); };
  LinalgEmitter emitter(builder, location, accumulatorOf(types), leafTensor);
  Value y =
      emitter.emitTerm(term->term, flattenTokens(builder, location, input));
  SmallVector<Value> parts{y};
  if (bias)
    parts.push_back(flattenBias(builder, location, constantFor(bias),
                                apply.getLinopType().getOut()));
  if (bias || getElementTypeOrSelf(y.getType()) != elementType)
    y = emitter.elementwise(
        parts, elementType, [](OpBuilder &b, Location loc, ValueRange in) {
          return in.size() == 1
                     ? in[0]
                     : arith::AddFOp::create(b, loc, in[0], in[1]).getResult();
        });
  y = restoreTokens(builder, location, y, input);
  if (y.getType() != resultType)
    y = tensor::CastOp::create(builder, location, resultType, y);
  apply.getResult().replaceAllUsesWith(y);
  apply.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static std::string checkSummands(AddOp add) {
  auto result = dyn_cast<RankedTensorType>(add.getResult().getType());
  std::string reason = checkTensor(
      "result", add.getResult().getType(),
      result && result.getRank() > 0 ? result.getShape().back() : 1);
  for (Value summand : add.getSummands()) {
    if (!reason.empty())
      return reason;
    Type type = summand.getType();
    reason = checkTensor("summand", type, result.getShape().back());
    if (reason.empty() &&
        cast<RankedTensorType>(type).getShape() != result.getShape())
      llvm::raw_string_ostream(reason)
          << "expected summands of the result's shape '" << result
          << "', found '" << type << "'";
  }
  return reason;
}

LogicalResult SlinToLinalgPass::lowerAdd(AddOp add) {
  std::string reason = checkSummands(add);
  if (!reason.empty())
    return add.emitError() << "'" << add.getPath().value_or("sum")
                           << "' cannot be lowered: " << reason;
  OpBuilder builder(add);
  Location location = add.getLoc();
  auto type = cast<RankedTensorType>(add.getResult().getType());
  SmallVector<Type> types{type.getElementType()};
  SmallVector<Value> parts;
  for (Value summand : add.getSummands()) {
    types.push_back(getElementTypeOrSelf(summand.getType()));
    parts.push_back(flattenTokens(builder, location, summand));
  }
  auto noLeaf = [](unsigned) { return Value(); };
  LinalgEmitter emitter(builder, location, accumulatorOf(types), noLeaf);
  Value y =
      emitter.elementwise(parts, cast<FloatType>(type.getElementType()),
                          [](OpBuilder &b, Location loc, ValueRange in) {
                            Value sum = in.front();
                            for (Value other : in.drop_front())
                              sum = arith::AddFOp::create(b, loc, sum, other);
                            return sum;
                          });
  y = restoreTokens(builder, location, y, add.getSummands().front());
  if (y.getType() != type)
    y = tensor::CastOp::create(builder, location, type, y);
  add.getResult().replaceAllUsesWith(y);
  add.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Erases operators and weights, the model's too, that nobody uses, and reports
/// operators that somebody does.
LogicalResult SlinToLinalgPass::checkNothingLeft() {
  SmallVector<Operation *> ops;
  getOperation().walk([&](Operation *op) {
    if (isa<LinearOperatorInterface, weights::WeightOpInterface>(op))
      ops.push_back(op);
  });
  for (Operation *op : llvm::reverse(ops)) {
    if (isa<WeightOp>(op) && !op->use_empty())
      op->replaceAllUsesWith(ValueRange(constantFor(op->getResult(0))));
    if (op->use_empty()) {
      op->erase();
      continue;
    }
    if (!isa<LinearOperatorInterface>(op))
      continue;
    InFlightDiagnostic error =
        op->emitError() << "an operator is left after lowering: expected "
                           "'slin.apply' to be its only use";
    error.attachNote(op->getUsers().begin()->getLoc()) << "it is used here";
    return error;
  }
  return success();
}

void SlinToLinalgPass::runOnOperation() {
  constants.clear();
  SmallVector<FFNOp> networks;
  getOperation().walk([&](FFNOp op) { networks.push_back(op); });
  for (FFNOp ffn : networks)
    openNetwork(ffn);
  SmallVector<Operation *> uses;
  getOperation().walk([&](Operation *op) {
    if (isa<ApplyOp, AddOp, ActivationOp>(op))
      uses.push_back(op);
  });
  for (Operation *op : uses) {
    LogicalResult lowered =
        llvm::TypeSwitch<Operation *, LogicalResult>(op)
            .Case([&](ApplyOp apply) { return lowerApply(apply); })
            .Case([&](AddOp add) { return lowerAdd(add); })
            .Case([&](ActivationOp activation) {
              return lowerActivation(activation);
            });
    if (failed(lowered))
      return signalPassFailure();
  }
  if (failed(checkNothingLeft()))
    signalPassFailure();
}
