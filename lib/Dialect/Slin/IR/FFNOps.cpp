//===- FFNOps.cpp - Operators in use --------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constraints and queries of the ops that hold a model's own nodes.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// That `region`'s arguments have the types of `inputs`.
static LogicalResult verifyArguments(Operation *op, Region &region,
                                     ValueRange inputs) {
  if (region.getNumArguments() != inputs.size())
    return op->emitOpError()
           << "expected " << inputs.size() << " region arguments, found "
           << region.getNumArguments();
  for (auto [index, argument] : llvm::enumerate(region.getArguments()))
    if (argument.getType() != inputs[index].getType())
      return op->emitOpError()
             << "expected region argument " << index << " of type "
             << inputs[index].getType() << ", found " << argument.getType();
  return success();
}

/// That `region`, one block and not empty, ends in a `slin.yield` of the types
/// of `results`.
static LogicalResult verifyYield(Operation *op, Region &region,
                                 ResultRange results) {
  Operation &last = region.front().back();
  auto yield = dyn_cast<YieldOp>(last);
  if (!yield)
    return op->emitOpError()
           << "expected the region to end in 'slin.yield', found '"
           << last.getName() << "'";
  if (yield.getNumOperands() != results.size())
    return op->emitOpError()
           << "expected the region to yield " << results.size()
           << " values, found " << yield.getNumOperands();
  for (auto [index, operand] : llvm::enumerate(yield.getOperands()))
    if (operand.getType() != results[index].getType())
      return op->emitOpError()
             << "expected the region to yield " << results[index].getType()
             << " as value " << index << ", found " << operand.getType();
  return success();
}

//===----------------------------------------------------------------------===//
// ApplyOp
//===----------------------------------------------------------------------===//

void ApplyOp::build(OpBuilder &builder, OperationState &state, Type result,
                    Value linop, Value input, Value bias) {
  build(builder, state, result, linop, input, bias, StringAttr(), StringAttr(),
        StringAttr(), DictionaryAttr());
}

/// Expected and found size of the feature axis, where it is known.
static LogicalResult verifyFeatureAxis(Operation *op, const Twine &name,
                                       Type type, int64_t expected) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return success();
  if (tensor.getRank() == 0)
    return op->emitOpError() << "expected '" << name << "' with a last axis of "
                             << expected << ", found rank 0";
  int64_t found = tensor.getShape().back();
  if (ShapedType::isDynamic(found) || found == expected)
    return success();
  return op->emitOpError() << "expected '" << name << "' with a last axis of "
                           << expected << ", found " << found;
}

/// One element, or `out` elements along the last axis.
static LogicalResult verifyBias(ApplyOp op, int64_t out) {
  auto type = op.getBias() ? dyn_cast<RankedTensorType>(op.getBias().getType())
                           : RankedTensorType();
  if (!type || !type.hasStaticShape())
    return success();
  ArrayRef<int64_t> shape = type.getShape();
  bool leadingOnes =
      shape.empty() ||
      llvm::all_of(shape.drop_back(), [](int64_t size) { return size == 1; });
  if (leadingOnes &&
      (shape.empty() || shape.back() == 1 || shape.back() == out))
    return success();
  return op.emitOpError() << "expected a bias of " << out
                          << " elements along its last axis, or of one, found "
                          << type;
}

LogicalResult ApplyOp::verify() {
  LinopType type = getLinopType();
  if (failed(verifyFeatureAxis(*this, "input", getInput().getType(),
                               type.getIn())) ||
      failed(verifyFeatureAxis(*this, "result", getResult().getType(),
                               type.getOut())) ||
      failed(verifyBias(*this, type.getOut())))
    return failure();
  // C5
  if (std::optional<StringRef> role = getRole())
    if (!llvm::is_contained({"up", "gate", "down"}, *role))
      return emitOpError()
             << "expected the role 'up', 'gate' or 'down', found '" << *role
             << "'";
  return success();
}

LogicalResult ApplyOp::verifyRegions() {
  // C4
  if (!hasSource())
    return success();
  return success(
      succeeded(verifyArguments(*this, getSource(), {})) &&
      succeeded(verifyYield(*this, getSource(), getOperation()->getResults())));
}

Value ApplyOp::getSourceResult() {
  if (!hasSource())
    return {};
  return getSource().front().getTerminator()->getOperand(0);
}

/// The ops outside of `op` that the model's own nodes inside of it need: weights,
/// and nodes that shape its operands or compute its weights.
static SmallVector<Operation *> outerSourcesOf(Operation *op, Region &source) {
  SmallVector<Operation *> found, work;
  llvm::SmallPtrSet<Operation *, 16> seen;
  auto push = [&](Value value) {
    // What computes shapes may stand inside of the activation.
    while (auto activation = value.getDefiningOp<ActivationOp>())
      value = activation.getBody().front().getTerminator()->getOperand(
          cast<OpResult>(value).getResultNumber());
    Operation *outer = value.getDefiningOp();
    if (outer && !llvm::is_contained(op->getOperands(), value) &&
        !isa<ApplyOp, AddOp, FFNOp>(outer) && !op->isAncestor(outer) &&
        seen.insert(outer).second)
      work.push_back(outer);
  };
  source.walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      push(operand);
  });
  while (!work.empty()) {
    Operation *outer = work.pop_back_val();
    found.push_back(outer);
    if (outer->getNumRegions() == 0)
      for (Value operand : outer->getOperands())
        push(operand);
  }
  return found;
}

SmallVector<Operation *> ApplyOp::getOuterSources() {
  return outerSourcesOf(*this, getSource());
}

SmallVector<Operation *> AddOp::getOuterSources() {
  return outerSourcesOf(*this, getSource());
}

static void clear(Region &region) {
  region.dropAllReferences();
  region.getBlocks().clear();
}

void ApplyOp::dropSource() { clear(getSource()); }

//===----------------------------------------------------------------------===//
// AddOp
//===----------------------------------------------------------------------===//

void AddOp::build(OpBuilder &builder, OperationState &state, Type result,
                  ValueRange summands) {
  build(builder, state, result, summands, StringAttr());
}

LogicalResult AddOp::verify() {
  // C1
  if (getSummands().size() < 2)
    return emitOpError() << "expected at least two summands, found "
                         << getSummands().size();
  // C2
  auto type = dyn_cast<RankedTensorType>(getResult().getType());
  if (!type || type.getRank() == 0 ||
      ShapedType::isDynamic(type.getShape().back()))
    return success();
  for (auto [index, summand] : llvm::enumerate(getSummands()))
    if (failed(verifyFeatureAxis(*this, "summand " + std::to_string(index),
                                 summand.getType(), type.getShape().back())))
      return failure();
  return success();
}

LogicalResult AddOp::verifyRegions() {
  // C3
  if (!hasSource())
    return success();
  return success(
      succeeded(verifyArguments(*this, getSource(), {})) &&
      succeeded(verifyYield(*this, getSource(), getOperation()->getResults())));
}

void AddOp::dropSource() { clear(getSource()); }

//===----------------------------------------------------------------------===//
// ActivationOp
//===----------------------------------------------------------------------===//

LogicalResult ActivationOp::verify() {
  // C1
  if (getFunction().empty())
    return emitOpError() << "expected the name of a function, found none";
  // C2
  if (getInputs().empty())
    return emitOpError() << "expected at least one operand, found none";
  // C5
  if (FloatAttr parameter = getParameterAttr())
    if (!parameter.getValue().isFinite())
      return emitOpError() << "expected a finite parameter, found "
                           << parameter.getValueAsDouble();
  return success();
}

LogicalResult ActivationOp::verifyRegions() {
  return success(succeeded(verifyArguments(*this, getBody(), getInputs())) &&
                 succeeded(verifyYield(*this, getBody(), getResults())));
}

//===----------------------------------------------------------------------===//
// FFNOp
//===----------------------------------------------------------------------===//

LogicalResult FFNOp::verify() {
  // C1
  if (getInputs().empty())
    return emitOpError() << "expected at least one operand, found none";
  if (getResults().empty())
    return emitOpError() << "expected at least one result, found none";
  return success();
}

LogicalResult FFNOp::verifyRegions() {
  return success(succeeded(verifyArguments(*this, getBody(), getInputs())) &&
                 succeeded(verifyYield(*this, getBody(), getResults())));
}

SmallVector<ApplyOp> FFNOp::getLinears() {
  return llvm::to_vector(getBody().front().getOps<ApplyOp>());
}

SmallVector<ActivationOp> FFNOp::getActivations() {
  return llvm::to_vector(getBody().front().getOps<ActivationOp>());
}

FFNOp::NetworkKind FFNOp::getNetworkKind() {
  bool gated = llvm::any_of(getActivations(), [](ActivationOp activation) {
    return activation.getInputs().size() > 1;
  });
  return gated ? NetworkKind::Gated : NetworkKind::Plain;
}
