//===- SlinGPUOps.cpp - Networks as kernels -------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constraints have the numbers that they have in SlinGPUOps.td. Those of
// schedules are asked of the emitters, which know what they need.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "slin/Dialect/SlinGPU/IR/ScheduleLimits.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// `(inputs) -> (outputs)`.
static ParseResult parseSignature(OpAsmParser &parser, ArrayAttr &inputs,
                                  ArrayAttr &outputs) {
  SmallVector<Type> in, out;
  if (parser.parseLParen() ||
      (parser.parseOptionalRParen() &&
       (parser.parseTypeList(in) || parser.parseRParen())) ||
      parser.parseArrow() || parser.parseLParen() ||
      (parser.parseOptionalRParen() &&
       (parser.parseTypeList(out) || parser.parseRParen())))
    return failure();
  inputs = parser.getBuilder().getTypeArrayAttr(in);
  outputs = parser.getBuilder().getTypeArrayAttr(out);
  return success();
}

static void printSignature(OpAsmPrinter &printer, Operation *, ArrayAttr inputs,
                           ArrayAttr outputs) {
  printer << '(';
  llvm::interleaveComma(inputs.getAsValueRange<TypeAttr>(), printer);
  printer << ") -> (";
  llvm::interleaveComma(outputs.getAsValueRange<TypeAttr>(), printer);
  printer << ')';
}

#include "slin/Dialect/SlinGPU/IR/SlinGPUInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.cpp.inc"

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// [tokens, features], of which there is at least one (no unknown number).
static bool isActivations(RankedTensorType type) {
  return type.getRank() == 2 && type.getDimSize(1) >= 1;
}

/// [blocks, rows, columns] of `element`, at least one of each.
static bool isWeight(RankedTensorType type, Type element) {
  return type.getRank() == 3 && type.hasStaticShape() &&
         type.getNumElements() > 0 && type.getElementType() == element;
}

//===----------------------------------------------------------------------===//
// WeightOp
//===----------------------------------------------------------------------===//

LogicalResult WeightOp::verify() {
  // C1
  if (!isa<ElementsAttr>(getValue()))
    return emitOpError() << "expected 'value' to hold elements, found "
                         << getValue();
  return success();
}

ElementsAttr WeightOp::getWeight() {
  return dyn_cast<ElementsAttr>(getValue());
}

StringRef WeightOp::getWeightName() { return getName(); }

void WeightOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  std::string text = getName().ltrim('/').str();
  std::replace(text.begin(), text.end(), '/', '.');
  setName(getResult(), text);
}

//===----------------------------------------------------------------------===//
// EntryOp
//===----------------------------------------------------------------------===//

std::pair<int64_t, int64_t> EntryOp::getRange(unsigned index) {
  ArrayRef<int64_t> bounds = getBounds();
  return {index == 0 ? 1 : bounds[index - 1],
          index == bounds.size() ? INT64_MAX : bounds[index]};
}

void EntryOp::getAsmBlockArgumentNames(Region &region,
                                       OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    setName(argument, "x");
}

static LogicalResult verifyActivations(EntryOp entry, ArrayAttr types,
                                       StringRef what) {
  if (types.empty())
    return entry.emitOpError() << "expected at least one " << what;
  for (Type type : types.getAsValueRange<TypeAttr>()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !isActivations(tensor))
      return entry.emitOpError()
             << "expected " << what
             << "s of type [tokens, features] with known features, found "
             << type;
  }
  return success();
}

LogicalResult EntryOp::verifyRegions() {
  ArrayRef<int64_t> bounds = getBounds();
  // C1
  if (getPlans().size() != bounds.size() + 1)
    return emitOpError() << "expected one region more than bounds, found "
                         << getPlans().size() << " regions and "
                         << bounds.size() << " bounds";
  // C2
  for (size_t i = 0; i < bounds.size(); ++i)
    if (bounds[i] < 2 || (i > 0 && bounds[i] <= bounds[i - 1]))
      return emitOpError()
             << "expected bounds of at least 2 that increase, found "
             << bounds[i];
  // C5
  if (failed(verifyActivations(*this, getInputTypes(), "input")) ||
      failed(verifyActivations(*this, getOutputTypes(), "output")))
    return failure();
  auto inputs = llvm::to_vector(getInputTypes().getAsValueRange<TypeAttr>());
  // C6
  if (std::optional<ArrayAttr> networks = getNetworks())
    if (inputs.size() != 2 || cast<RankedTensorType>(inputs[1]).getDimSize(1) !=
                                  int64_t(networks->size()))
      return emitOpError() << "expected two inputs, the second one of "
                           << networks->size()
                           << " gates, one for each network, found "
                           << getInputTypes();
  auto outputs = llvm::to_vector(getOutputTypes().getAsValueRange<TypeAttr>());
  for (Region &plan : getPlans()) {
    // C3
    if (!plan.hasOneBlock() || !llvm::equal(plan.getArgumentTypes(), inputs))
      return emitOpError() << "expected regions of one block whose arguments "
                              "have the types of the inputs";
    // C4
    auto yield = plan.front().empty() ? YieldOp()
                                      : dyn_cast<YieldOp>(plan.front().back());
    if (!yield || !llvm::equal(yield.getOperandTypes(), outputs))
      return emitOpError()
             << "expected regions that yield values of the outputs' types";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// BlockGemmOp
//===----------------------------------------------------------------------===//

FloatType BlockGemmOp::getElementType() {
  return cast<FloatType>(typeOf(getInput()).getElementType());
}
StringRef BlockGemmOp::getActivationName() {
  return getActivation().value_or("");
}
std::optional<double> BlockGemmOp::getActivationParameter() {
  if (std::optional<APFloat> parameter = getParameter())
    return parameter->convertToDouble();
  return std::nullopt;
}
KernelWork BlockGemmOp::getWork(ScheduleAttr schedule, int64_t tokens) {
  int64_t bytes = getElementType().getWidth() / 8, split = schedule.getSplit();
  // Blocks of a cluster share the weight, each with tokens of its own, or the
  // columns of one tile.
  int64_t sharing = split == 1 ? schedule.getCluster() : 1;
  int64_t tileTokens = schedule.getTileTokens(),
          tileRows = schedule.getTileRows();
  // As many tokens for each expert.
  int64_t pairs = tokens * getChoices(), used = std::min(getExperts(), pairs);
  int64_t tiles =
      llvm::divideCeil(llvm::divideCeil(pairs, used), tileTokens * sharing) *
      used * sharing * llvm::divideCeil(getRows(), tileRows) * getBlocks();
  KernelWork work;
  work.blocks = tiles * split;
  work.steps = llvm::divideCeil(
      llvm::divideCeil(getColumns(), schedule.getTileColumns()), split);
  double columns = double(work.steps * schedule.getTileColumns());
  work.operations = 2.0 * tileTokens * tileRows * columns;
  work.loadedBytes =
      (tileTokens + double(tileRows) / sharing) * columns * bytes;
  int64_t results = 1 + (getGate() ? 1 : 0) + (getResidual() ? 1 : 0);
  work.finishedBytes = double(tileTokens * tileRows * bytes * results) / split;
  if (split > 1)
    work.finishedBytes += double(tileTokens * tileRows) * sizeof(float);
  work.weightBytes =
      double(used * getBlocks() * getRows() * getStoredColumns() * bytes);
  work.activationBytes = double(pairs * bytes) *
                         (getInputFeatures() + results * getOutputFeatures());
  return work;
}
std::string BlockGemmOp::getKernelName() {
  std::string name;
  llvm::raw_string_ostream os(name);
  if (getOffsets())
    os << getExperts() << "experts" << (getTokens() ? "_gathered_" : "_");
  if (getBlocks() > 1)
    os << getBlocks() << 'x';
  os << getRows() << 'x' << getColumns();
  if (getActivation())
    os << '_' << *getActivation();
  if (getGate())
    os << "_gate";
  if (getResidual())
    os << "_residual";
  return name;
}
int64_t BlockGemmOp::getExperts() {
  return getOffsets() ? typeOf(getOffsets()).getDimSize(0) - 1 : 1;
}
int64_t BlockGemmOp::getChoices() {
  return getOffsets() ? typeOf(getResult()).getDimSize(1) : 1;
}
int64_t BlockGemmOp::getBlocks() {
  return typeOf(getWeight()).getDimSize(0) / getExperts();
}
int64_t BlockGemmOp::getRows() { return typeOf(getWeight()).getDimSize(1); }
int64_t BlockGemmOp::getColumns() { return getInputFeatures() / getBlocks(); }
int64_t BlockGemmOp::getStoredColumns() {
  return typeOf(getWeight()).getDimSize(2);
}
int64_t BlockGemmOp::getInputFeatures() {
  return typeOf(getInput()).getShape().back();
}
int64_t BlockGemmOp::getOutputFeatures() {
  return typeOf(getResult()).getShape().back();
}

void BlockGemmOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "y");
}

/// The forms of activations, and C7.
static LogicalResult verifyTokens(BlockGemmOp op) {
  Value offsets = op.getOffsets(), tokens = op.getTokens();
  if (tokens && !offsets)
    return op.emitOpError() << "expected 'tokens' only with 'experts'";
  if (offsets &&
      (typeOf(offsets).getRank() != 1 || !(typeOf(offsets).getDimSize(0) >= 2)))
    return op.emitOpError() << "expected 'experts' [E + 1] of at least one "
                               "expert, found "
                            << offsets.getType();
  auto check = [&](Value value, bool byExperts) -> LogicalResult {
    RankedTensorType type = typeOf(value);
    if (!byExperts ? isActivations(type)
                   : type.getRank() == 3 && type.getDimSize(1) >= 1 &&
                         type.getDimSize(2) >= 1)
      return success();
    return op.emitOpError() << "expected activations [tokens, "
                            << (byExperts ? "choices, features] with known "
                                            "choices and features"
                                          : "features] with known features")
                            << ", found " << type;
  };
  if (failed(check(op.getInput(), offsets && !tokens)) ||
      failed(check(op.getResult(), bool(offsets))))
    return failure();
  if (!offsets)
    return success();
  int64_t choices = op.getChoices();
  Value first = tokens ? tokens : op.getInput();
  if (tokens && typeOf(tokens).getRank() != 2)
    return op.emitOpError()
           << "expected 'tokens' [tokens, choices], found " << tokens.getType();
  if (typeOf(first).getDimSize(1) == choices)
    return success();
  return op.emitOpError() << "expected " << choices
                          << " choices as in the result, found "
                          << first.getType();
}

LogicalResult BlockGemmOp::verify() {
  if (failed(verifyTokens(*this)))
    return failure();
  RankedTensorType input = typeOf(getInput()), weight = typeOf(getWeight()),
                   result = typeOf(getResult());
  // C1
  if (!isWeight(weight, input.getElementType()))
    return emitOpError() << "expected a weight [blocks, rows, columns] of "
                         << input.getElementType() << ", found " << weight;
  if (weight.getDimSize(0) % getExperts() != 0)
    return emitOpError() << "expected as many blocks for each of "
                         << getExperts() << " experts, found " << weight;
  int64_t bytes = weight.getDimSize(2) *
                  weight.getElementType().getIntOrFloatBitWidth() / 8;
  if (bytes % 16 != 0)
    return emitOpError()
           << "expected rows of a weight of whole 16 bytes, found " << bytes
           << " bytes";
  // C2
  int64_t features = getInputFeatures(), blocks = getBlocks();
  if (features % blocks != 0 || getColumns() > getStoredColumns())
    return emitOpError() << "expected an input of at most " << blocks << " x "
                         << getStoredColumns() << " features, found "
                         << features;
  // C3
  if (getOutputFeatures() != blocks * getRows() ||
      result.getElementType() != input.getElementType())
    return emitOpError() << "expected a result of " << blocks << " x "
                         << getRows() << " features of "
                         << input.getElementType() << ", found " << result;
  for (Value other : {getGate(), getResidual()})
    if (other && other.getType() != result)
      return emitOpError() << "expected gate and residual of type " << result
                           << ", found " << other.getType();
  // C4
  if (Value bias = getBias()) {
    auto expected = RankedTensorType::get({getExperts() * getOutputFeatures()},
                                          Float32Type::get(getContext()));
    if (bias.getType() != expected)
      return emitOpError() << "expected a bias of type " << expected
                           << ", found " << bias.getType();
  }
  // C5
  if (int64_t(getRun()) < 1 || getRows() % int64_t(getRun()) != 0)
    return emitOpError() << "expected a run that divides " << getRows()
                         << " rows, found " << getRun();
  // C6
  return verifySchedule(cast<ScheduledOpInterface>(getOperation()));
}

//===----------------------------------------------------------------------===//
// FFNCoreOp
//===----------------------------------------------------------------------===//

FloatType FFNCoreOp::getElementType() {
  return cast<FloatType>(typeOf(getInput()).getElementType());
}
StringRef FFNCoreOp::getActivationName() {
  return getActivation().value_or("");
}
std::optional<double> FFNCoreOp::getActivationParameter() {
  if (std::optional<APFloat> parameter = getParameter())
    return parameter->convertToDouble();
  return std::nullopt;
}
KernelWork FFNCoreOp::getWork(ScheduleAttr schedule, int64_t tokens) {
  int64_t bytes = getElementType().getWidth() / 8, hidden = getHiddenFeatures();
  int64_t inputs = getInputFeatures() + getGateFeatures();
  int64_t columns = inputs + schedule.getTileRows();
  KernelWork work;
  work.blocks = llvm::divideCeil(tokens, schedule.getTileTokens());
  work.steps = llvm::divideCeil(hidden, schedule.getTileColumns());
  work.operations = 2.0 * schedule.getTileTokens() * columns *
                    (work.steps * schedule.getTileColumns());
  work.weightBytes = double(hidden * (inputs + getOutputFeatures()) * bytes);
  work.loadedBytes =
      work.weightBytes + double(schedule.getTileTokens() * inputs * bytes);
  work.finishedBytes =
      double(schedule.getTileTokens() * getOutputFeatures() * bytes);
  work.activationBytes =
      double(tokens * (inputs + getOutputFeatures()) * bytes);
  return work;
}
std::string FFNCoreOp::getKernelName() {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << getOutputFeatures() << 'x' << getHiddenFeatures() << 'x'
     << getInputFeatures();
  if (getActivation())
    os << '_' << *getActivation();
  if (getGateInput())
    os << "_gate" << getGateFeatures();
  return name;
}
int64_t FFNCoreOp::getHiddenFeatures() { return typeOf(getUp()).getDimSize(1); }
int64_t FFNCoreOp::getInputFeatures() {
  return typeOf(getInput()).getDimSize(1);
}
int64_t FFNCoreOp::getGateFeatures() {
  return getGateInput() ? typeOf(getGateInput()).getDimSize(1) : 0;
}
int64_t FFNCoreOp::getOutputFeatures() {
  return typeOf(getDown()).getDimSize(1);
}

void FFNCoreOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "z");
}

/// C1 and the columns of C2 and C3.
static LogicalResult verifyMatrix(FFNCoreOp op, StringRef name, Value weight,
                                  int64_t columns) {
  RankedTensorType type = typeOf(weight);
  if (!isWeight(type, op.getElementType()) || type.getDimSize(0) != 1)
    return op.emitOpError()
           << "expected '" << name << "' to be [1, rows, columns] of "
           << op.getElementType() << ", found " << type;
  int64_t stored = type.getDimSize(2);
  int64_t bytes = stored * type.getElementTypeBitWidth() / 8;
  if (bytes % 16 != 0)
    return op.emitOpError()
           << "expected rows of '" << name << "' of whole 16 bytes, found "
           << bytes << " bytes";
  if (columns <= stored)
    return success();
  return op.emitOpError() << "expected '" << name << "' to have at least "
                          << columns << " columns, found " << stored;
}

/// C6 but the sizes of `gate_up`.
static LogicalResult verifyGate(FFNCoreOp op) {
  Value input = op.getGateInput(), bias = op.getGateBias();
  if (bool(input) != bool(op.getGateUp()))
    return op.emitOpError() << "expected 'gate_input' and 'gate_up' together, "
                               "found one of them";
  if (bias && !input)
    return op.emitOpError() << "expected no 'gate_bias' without a gate";
  if (!input)
    return success();
  if (typeOf(input).getElementType() == op.getElementType())
    return success();
  return op.emitOpError() << "expected a gate's input of "
                          << op.getElementType() << ", found "
                          << input.getType();
}

LogicalResult FFNCoreOp::verify() {
  for (Value value :
       {Value(getInput()), Value(getGateInput()), Value(getResult())})
    if (value && !isActivations(typeOf(value)))
      return emitOpError() << "expected activations [tokens, features] with "
                              "known features, found "
                           << value.getType();
  if (failed(verifyGate(*this)) ||
      failed(verifyMatrix(*this, "up", getUp(), getInputFeatures())))
    return failure();
  int64_t hidden = getHiddenFeatures();
  if (failed(verifyMatrix(*this, "down", getDown(), hidden)))
    return failure();
  if (Value gate = getGateUp()) {
    if (failed(verifyMatrix(*this, "gate_up", gate, getGateFeatures())))
      return failure();
    if (typeOf(gate).getDimSize(1) != hidden)
      return emitOpError() << "expected 'gate_up' to have " << hidden
                           << " rows, found " << typeOf(gate).getDimSize(1);
  }
  // C4
  auto output =
      typeOf(getInput())
          .clone({typeOf(getInput()).getDimSize(0), getOutputFeatures()});
  if (getResult().getType() != output)
    return emitOpError() << "expected a result of type " << output << ", found "
                         << getResult().getType();
  // C5
  auto vector = RankedTensorType::get({hidden}, Float32Type::get(getContext()));
  for (Value bias : {getBias(), getGateBias()})
    if (bias && bias.getType() != vector)
      return emitOpError() << "expected a bias of type " << vector << ", found "
                           << bias.getType();
  // C7
  return verifySchedule(cast<ScheduledOpInterface>(getOperation()));
}

//===----------------------------------------------------------------------===//
// LaunchOp
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  int64_t buffers = getNumOperands() + getNumResults();
  for (Attribute parameter : getParameters()) {
    int64_t buffer = 0;
    if (auto map = dyn_cast<TensorMapAttr>(parameter))
      buffer = map.getBuffer();
    else if (auto pointer = dyn_cast<PointerAttr>(parameter))
      buffer = pointer.getBuffer();
    else if (!isa<NumberAttr>(parameter))
      // C2
      return emitOpError() << "expected parameters that are tensor maps, "
                              "pointers and numbers, found "
                           << parameter;
    if (buffer < 0 || buffer >= buffers)
      return emitOpError() << "expected a buffer below " << buffers
                           << ", found " << buffer;
  }
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  auto kernel =
      symbols.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getKernel());
  if (!kernel || !isa<mlir::gpu::GPUModuleOp>(kernel->getParentOp()))
    return emitOpError() << "expected a function of a gpu.module, found "
                         << getKernel();
  if (kernel.getNumArguments() == getParameters().size())
    return success();
  return emitOpError() << "expected " << kernel.getNumArguments()
                       << " parameters, found " << getParameters().size();
}
