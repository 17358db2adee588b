//===- NodeWriter.cpp - New nodes and constants of a graph ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// New nodes have no recorded types: those a model records are what it says, not
// what was inferred.
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

NodeWriter::NodeWriter(ModuleOp module)
    : builder(module.getContext()), location(module.getLoc()) {
  module.walk([&](Operation *op) {
    if (isa<NodeOpInterface>(op)) {
      take(op);
    } else if (auto initializer = dyn_cast<InitializerOp>(op)) {
      taken.insert(initializer.getName());
    } else if (auto sparse = dyn_cast<SparseInitializerOp>(op)) {
      taken.insert(sparse.getName());
    }
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          taken.insert(nameOf(argument));
  });
}

void NodeWriter::take(Operation *op) {
  auto node = cast<NodeOpInterface>(op);
  taken.insert(node.getNodeName());
  for (unsigned i = 0, e = op->getNumResults(); i < e; ++i)
    taken.insert(node.getOutputName(i));
}

void NodeWriter::setPlace(Operation *node, StringRef newPath) {
  builder.setInsertionPoint(node);
  location = node->getLoc();
  path = newPath.str();
  written.clear();
  released.clear();
  function = node;
  while (function->getParentOp() && !isa<func::FuncOp>(function))
    function = function->getParentOp();
}

std::string NodeWriter::unique(const Twine &wanted) {
  std::string name = wanted.str();
  for (unsigned count = 1; !taken.insert(name).second; ++count)
    name = (wanted + "_" + Twine(count)).str();
  return name;
}

void NodeWriter::release(Operation *op) {
  auto node = dyn_cast<NodeOpInterface>(op);
  if (!node)
    return;
  taken.erase(node.getNodeName());
  for (unsigned i = 0, e = op->getNumResults(); i < e; ++i)
    taken.erase(node.getOutputName(i));
  released.push_back(op);
}

void NodeWriter::erase(Operation *op) {
  auto node = cast<NodeOpInterface>(op);
  taken.erase(node.getNodeName());
  for (unsigned i = 0, e = op->getNumResults(); i < e; ++i)
    taken.erase(node.getOutputName(i));
  llvm::erase(written, op);
  op->erase();
}

void NodeWriter::discard() {
  for (Operation *op : llvm::reverse(written))
    op->erase();
  for (Operation *op : released)
    take(op);
  written.clear();
  released.clear();
}

Value NodeWriter::node(StringRef op, const Twine &name, ValueRange inputs,
                       ArrayRef<NamedAttribute> attributes) {
  OperationState state(location, op);
  state.addOperands(inputs);
  state.addAttributes(attributes);
  state.addAttribute("node_name",
                     builder.getStringAttr(unique(path + "/" + name)));
  state.addTypes(UnknownType::get(builder.getContext()));
  written.push_back(builder.create(state));
  return written.back()->getResult(0);
}

Operation *NodeWriter::copy(Operation *node, IRMapping &mapping,
                            StringRef name) {
  Operation *result = builder.clone(*node, mapping);
  written.push_back(result);
  auto copied = cast<NodeOpInterface>(result);
  std::string before = copied.getNodeName().str(), after = before;
  SmallVector<std::string> outputs;
  for (unsigned i = 0, e = result->getNumResults(); i < e; ++i)
    outputs.push_back(copied.getOutputName(i));
  if (!name.empty() || !before.empty()) {
    after = unique(name.empty() ? before : path + "/" + name.str());
    copied.setNodeName(builder.getStringAttr(after));
  }
  for (auto [index, value] : llvm::enumerate(result->getResults())) {
    std::string suffix = "_output_" + std::to_string(index);
    bool derived = !name.empty() || outputs[index] == before + suffix;
    copied.setOutputName(index,
                         unique(derived ? after + suffix : outputs[index]));
    value.setType(UnknownType::get(builder.getContext()));
  }
  return result;
}

Operation *NodeWriter::split(const Twine &name, Value value,
                             ArrayRef<int64_t> sizes, int64_t axis) {
  OperationState state(location, SplitOp::getOperationName());
  state.addOperands(value);
  state.addAttributes(integer("axis", axis));
  // The sizes became an input with opset 13.
  if (opsetOf(function, "") >= 13)
    state.addOperands(integers(name + "_sizes", sizes));
  else
    state.addAttribute("split", builder.getDenseI64ArrayAttr(sizes));
  state.addAttribute("node_name",
                     builder.getStringAttr(unique(path + "/" + name)));
  for (size_t i = 0; i < sizes.size(); ++i)
    state.addTypes(UnknownType::get(builder.getContext()));
  written.push_back(builder.create(state));
  return written.back();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value NodeWriter::constant(const Twine &name, ElementsAttr elements) {
  StringAttr unused = builder.getStringAttr(unique(path + "/" + name));
  if (function->hasAttr(names::kFunction)) {
    OperationState state(location, ConstantOp::getOperationName());
    state.addAttribute("value", elements);
    state.addAttribute("node_name", unused);
    state.addTypes(UnknownType::get(builder.getContext()));
    written.push_back(builder.create(state));
    return written.back()->getResult(0);
  }
  OpBuilder::InsertionGuard guard(builder);
  Block &entry = function->getRegion(0).front();
  Operation *last = nullptr;
  for (Operation &op : entry)
    if (isa<InitializerOp>(op))
      last = &op;
  last ? builder.setInsertionPointAfter(last)
       : builder.setInsertionPointToStart(&entry);
  written.push_back(InitializerOp::create(builder, location, elements.getType(),
                                          unused, elements, UnitAttr()));
  return written.back()->getResult(0);
}

Value NodeWriter::weight(const Twine &name, RankedTensorType type,
                         ArrayRef<char> bytes) {
  return constant(name, weights::makeWeight(type, bytes));
}

Value NodeWriter::integers(const Twine &name, ArrayRef<int64_t> values) {
  auto type =
      RankedTensorType::get({int64_t(values.size())}, builder.getI64Type());
  return constant(name, DenseElementsAttr::get(type, values));
}

Value NodeWriter::integerScalar(const Twine &name, int64_t value) {
  auto type = RankedTensorType::get({}, builder.getI64Type());
  return constant(name, DenseElementsAttr::get(type, value));
}

//===----------------------------------------------------------------------===//
// The end of nodes
//===----------------------------------------------------------------------===//

/// Whether a graph may do without `op` where nobody reads it. Of a graph input
/// with a default value that is not ours to say.
static bool mayEnd(Operation *op) {
  if (auto initializer = dyn_cast<InitializerOp>(op))
    return !initializer.getDefaultValue();
  return isa<NodeOpInterface, NoneOp>(op);
}

void slin::onnx::eraseUnread(Operation *op) {
  SmallVector<Operation *> work{op};
  llvm::SmallPtrSet<Operation *, 16> erased;
  while (!work.empty()) {
    Operation *next = work.pop_back_val();
    if (erased.contains(next) || !next->use_empty() || !mayEnd(next))
      continue;
    // Subgraphs read values of the graph around them.
    llvm::SetVector<Operation *> sources;
    next->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *source = operand.getDefiningOp();
            source && !next->isAncestor(source))
          sources.insert(source);
    });
    erased.insert(next);
    next->erase();
    work.append(sources.begin(), sources.end());
  }
}

void slin::onnx::replaceNode(Operation *root, Value value) {
  Value result = root->getResult(0);
  std::string name = nameOf(result);
  auto writer = value.getDefiningOp<NodeOpInterface>();
  value.setType(result.getType());
  result.replaceAllUsesWith(value);
  eraseUnread(root);
  writer.setOutputName(cast<OpResult>(value).getResultNumber(), name);
}
