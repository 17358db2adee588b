//===- Evaluation.cpp - What graphs compute, in f64 -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Op by op, in order; ops whose inputs are not there say on whose account.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Evaluation/Evaluation.h"
#include "slin/Term/Activation.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// 1 GiB of f64.
static constexpr int64_t kMostHeld = int64_t(1) << 27;

FailureOr<Tensor> WeightCache::read(ElementsAttr weight, Operation *user,
                                    std::string &reason) {
  if (auto it = tensors.find(weight); it != tensors.end())
    return it->second;
  auto elements = weights::loadElements(weight, user, reason);
  if (failed(elements))
    return failure();
  FailureOr<Tensor> tensor = readTensor(*elements, reason);
  if (failed(tensor))
    return failure();
  if (held + tensor->size() > kMostHeld) {
    tensors.clear();
    held = 0;
  }
  held += tensor->size();
  tensors[weight] = *tensor;
  return tensor;
}

/// The elements that `op` stands for; null if it is no constant.
static ElementsAttr constantOf(Operation *op) {
  if (auto weight = dyn_cast_or_null<weights::WeightOpInterface>(op))
    return weight.getWeight();
  Attribute value;
  if (op && op->getNumResults() == 1 && matchPattern(op, m_Constant(&value)))
    return dyn_cast<ElementsAttr>(value);
  return {};
}

std::optional<Tensor> Evaluation::find(Value value) {
  if (auto it = tensors.find(value); it != tensors.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  std::string reason;
  if (ElementsAttr constant = constantOf(op)) {
    auto tensor = weights.read(constant, op, reason);
    if (succeeded(tensor))
      return *tensor;
    obstacles[value] = {op, "the weight cannot be read: " + reason};
  }
  missing = obstacles.lookup(value);
  return std::nullopt;
}

std::optional<SmallVector<Tensor>> Evaluation::findAll(ValueRange values) {
  SmallVector<Tensor> found;
  for (Value value : values) {
    std::optional<Tensor> tensor = find(value);
    if (!tensor)
      return std::nullopt;
    found.push_back(std::move(*tensor));
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The function of the model that `node` calls; null if it calls none.
static func::FuncOp findCallee(onnx::NodeOpInterface node) {
  auto module = node->getParentOfType<ModuleOp>();
  auto caller = dyn_cast<onnx::NodeOp>(node.getOperation());
  if (!module || !caller)
    return {};
  for (auto function : module.getOps<func::FuncOp>()) {
    auto details =
        function->getAttrOfType<DictionaryAttr>(onnx::names::kFunction);
    if (!details || function.isDeclaration())
      continue;
    auto textOf = [&](StringRef key) {
      auto text = details.getAs<StringAttr>(key);
      return text ? text.getValue() : StringRef();
    };
    if (textOf("name") == node.getOpType() &&
        onnx::canonicalDomain(textOf("domain")) == node.getDomain() &&
        textOf("overload") == caller.getOverload().value_or(""))
      return function;
  }
  return {};
}

LogicalResult Evaluation::runNode(Operation &op, std::string &reason) {
  auto node = cast<onnx::NodeOpInterface>(op);
  for (NamedAttribute attribute : node.getNodeAttributes())
    if (isa<onnx::ReferenceAttr, onnx::AnnotatedAttr>(attribute.getValue())) {
      reason = "'" + attribute.getName().str() + "' is no plain attribute";
      return failure();
    }
  if (op.getNumRegions() && node.getOpType() == "If")
    return runIf(op, reason);
  if (func::FuncOp function = findCallee(node))
    return runCall(op, function.getBody(), reason);
  NodeTable::Entry entry = NodeTable::find(&op);
  if (!entry.function || op.getNumRegions()) {
    reason = "'" + node.getOpType().str() + "' is not evaluated";
    return failure();
  }
  SmallVector<Tensor> inputs(op.getNumOperands());
  SmallVector<const Tensor *> present;
  const std::vector<Tensor> *sequence = nullptr;
  for (auto [input, operand] : llvm::zip(inputs, op.getOperands())) {
    present.push_back(nullptr);
    if (operand.getDefiningOp<onnx::NoneOp>())
      continue;
    auto elements = sequences.find(operand);
    if (elements != sequences.end() && present.size() == 1) {
      sequence = &elements->second;
      continue;
    }
    std::optional<Tensor> tensor = find(operand);
    if (!tensor)
      return failure();
    input = std::move(*tensor);
    present.back() = &input;
  }
  for (unsigned i = 0; i < entry.required; ++i)
    if (i >= present.size() || !present[i]) {
      reason = "expected " + std::to_string(entry.required) + " inputs";
      return failure();
    }
  NodeCall call(node, std::move(present), sequence, reason);
  if (failed(entry.function(call))) {
    reason = node.getOpType().str() + ": " + reason;
    return failure();
  }
  if (entry.makesSequence && op.getNumResults() == 1) {
    sequences[op.getResult(0)] = std::move(call.results);
    return success();
  }
  for (auto [index, result] : llvm::enumerate(op.getResults())) {
    if (index < call.results.size())
      set(result, std::move(call.results[index]));
    else
      obstacles[result] = {&op, node.getOpType().str() + ": result " +
                                    std::to_string(index) +
                                    " is not evaluated"};
  }
  return success();
}

LogicalResult Evaluation::runIf(Operation &op, std::string &reason) {
  auto node = dyn_cast<onnx::NodeOp>(op);
  auto condition = op.getNumOperands() ? find(op.getOperand(0)) : std::nullopt;
  if (!condition)
    return failure();
  if (!node || condition->size() != 1) {
    reason = "If: expected one condition, found " +
             std::to_string(condition->size());
    return failure();
  }
  StringRef wanted = condition->integerAt(0) ? "then_branch" : "else_branch";
  for (auto [graph, region] :
       llvm::zip(node.getGraphsAttr(), op.getRegions())) {
    auto details = dyn_cast<DictionaryAttr>(graph);
    auto name = details ? details.getAs<StringAttr>("attribute") : StringAttr();
    if (name && name.getValue() == wanted)
      return runRegion(op, region, reason);
  }
  reason = ("If: expected a '" + wanted + "'").str();
  return failure();
}

/// The values of the last call of a function stand until the next one.
LogicalResult Evaluation::runCall(Operation &op, Region &function,
                                  std::string &reason) {
  if (depth > 16 || function.getNumArguments() != op.getNumOperands()) {
    reason = depth > 16 ? "expected functions that do not call themselves"
                        : "expected an operand for each input of the function";
    return failure();
  }
  auto operands = findAll(op.getOperands());
  if (!operands)
    return failure();
  for (auto [argument, operand] : llvm::zip(function.getArguments(), *operands))
    set(argument, std::move(operand));
  ++depth;
  LogicalResult result = runRegion(op, function, reason);
  --depth;
  return result;
}

LogicalResult Evaluation::runRegion(Operation &op, Region &region,
                                    std::string &reason) {
  if (!region.hasOneBlock() || region.front().empty()) {
    reason = "expected one block";
    return failure();
  }
  run(region.front());
  Operation &end = region.front().back();
  if (end.getNumOperands() != op.getNumResults()) {
    reason = "expected " + std::to_string(op.getNumResults()) +
             " results of its region, found " +
             std::to_string(end.getNumOperands());
    return failure();
  }
  for (auto [result, yielded] : llvm::zip(op.getResults(), end.getOperands())) {
    if (std::optional<Tensor> tensor = find(yielded)) {
      set(result, std::move(*tensor));
      continue;
    }
    tensors.erase(result);
    obstacles[result] = obstacleOf(yielded);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

void Evaluation::fail(Operation &op, const Obstacle &obstacle) {
  for (Value result : op.getResults()) {
    // Of an earlier call of the function that the op is in.
    tensors.erase(result);
    obstacles[result] = obstacle;
    std::optional<Tensor> tensor;
    if (options.substitute)
      tensor = options.substitute(result, obstacle);
    if (!tensor)
      continue;
    substituted.push_back(result);
    set(result, std::move(*tensor));
  }
}

void Evaluation::run(Operation &op) {
  bool isDone = op.hasTrait<OpTrait::IsTerminator>() || constantOf(&op) ||
                isa<LinearOperatorInterface, onnx::NoneOp>(op);
  if (isDone)
    return;
  std::string reason;
  LogicalResult result = failure();
  if (isa<onnx::NodeOpInterface>(op))
    result = runNode(op, reason);
  else if (isa<ApplyOp>(op))
    result = runApply(op, reason);
  else if (isa<AddOp>(op))
    result = runAdd(op, reason);
  else if (isa<ActivationOp>(op))
    result = runActivation(op, reason);
  else if (auto ffn = dyn_cast<FFNOp>(op)) {
    auto inputs = findAll(ffn.getInputs());
    if (inputs && ffn.getBody().hasOneBlock())
      for (auto [argument, input] :
           llvm::zip(ffn.getBody().getArguments(), *inputs))
        set(argument, std::move(input));
    result = inputs ? runRegion(op, ffn.getBody(), reason) : failure();
  } else {
    reason = "'" + op.getName().getStringRef().str() +
             "' is neither a node nor an op of slin";
  }
  if (succeeded(result))
    return;
  if (!reason.empty())
    declined.push_back(&op);
  fail(op, reason.empty() ? missing : Obstacle{&op, reason});
}

void Evaluation::run(Block &block) {
  for (Operation &op : block)
    run(op);
}

bool evaluation::needsNodes(Operation *op) {
  WalkResult result = op->walk<WalkOrder::PreOrder>([](Operation *inner) {
    if (isa<ApplyOp, AddOp>(inner))
      return WalkResult::skip();
    if (auto activation = dyn_cast<ActivationOp>(inner);
        activation && term::findActivation<double>(activation.getFunction()))
      return WalkResult::skip();
    bool isNode = isa<onnx::NodeOpInterface>(inner) && !constantOf(inner);
    return isNode ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted();
}
