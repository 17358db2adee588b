//===- NodeCall.h - A node as its function sees it --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The inputs of one node as tensors, its attributes, and the table of functions
// that make results of them. A function says why it makes none where a case is
// not done; the required inputs are there when it is called.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_NODECALL_H
#define SLIN_LIB_EVALUATION_NODECALL_H

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Evaluation/Tensor.h"

#include "llvm/ADT/StringMap.h"

namespace slin::evaluation {

/// Beyond this a result is declined.
inline constexpr int64_t kMostElements = int64_t(1) << 28;

class NodeCall {
public:
  /// `sequence`, if not null, is the first input, in place of a tensor.
  NodeCall(onnx::NodeOpInterface node, llvm::SmallVector<const Tensor *> inputs,
           const std::vector<Tensor> *sequence, std::string &reason);

  onnx::NodeOpInterface getNode() const { return node; }
  /// The imported version; a high one where the IR imports none.
  int64_t getOpset() const { return opset; }

  size_t getNumInputs() const { return inputs.size(); }
  /// Input `index`, or null if it is left out.
  const Tensor *find(unsigned index) const {
    return index < inputs.size() ? inputs[index] : nullptr;
  }
  /// The first input where it is a sequence; empty otherwise.
  llvm::ArrayRef<Tensor> sequence() const {
    return elements ? llvm::ArrayRef(*elements) : llvm::ArrayRef<Tensor>();
  }
  /// An input that is there.
  const Tensor &operator[](unsigned index) const { return *inputs[index]; }

  /// Takes `tensor`, which outlives the call, in place of an input.
  void replace(unsigned index, const Tensor &tensor) {
    inputs[index] = &tensor;
  }

  bool has(llvm::StringRef attribute) const {
    return attributes.contains(attribute);
  }
  int64_t integer(llvm::StringRef attribute, int64_t otherwise) const;
  double number(llvm::StringRef attribute, double otherwise) const;
  llvm::StringRef text(llvm::StringRef attribute,
                       llvm::StringRef otherwise = "") const;
  std::optional<Shape> integers(llvm::StringRef attribute) const;
  /// A list that is an attribute in old versions and input `index` in new ones.
  std::optional<Shape> list(llvm::StringRef attribute, unsigned index) const;
  mlir::Attribute attribute(llvm::StringRef name) const {
    return attributes.get(name);
  }

  /// `axis` counted from the front among `rank` axes; -1 with a reason if there
  /// is none such. `rank` itself is an axis where `atEnd` allows it.
  int64_t axis(int64_t axis, int64_t rank, bool atEnd = false);
  /// The axes of a list, sorted; fails with a reason if one is none or stands
  /// twice.
  mlir::FailureOr<Shape> axes(llvm::ArrayRef<int64_t> list, int64_t rank);

  /// The number of elements; -1 with a reason if there are too many.
  int64_t count(llvm::ArrayRef<int64_t> shape);

  mlir::LogicalResult fail(const llvm::Twine &why);
  mlir::LogicalResult give(Tensor result) {
    results.push_back(std::move(result));
    return mlir::success();
  }

  std::vector<Tensor> results;

private:
  onnx::NodeOpInterface node;
  mlir::DictionaryAttr attributes;
  int64_t opset;
  llvm::SmallVector<const Tensor *> inputs;
  const std::vector<Tensor> *elements;
  std::string &reason;
};

using NodeFunction = mlir::LogicalResult (*)(NodeCall &);

/// From operators (`ms.` in front of those of com.microsoft) to functions.
class NodeTable {
public:
  struct Entry {
    NodeFunction function = nullptr;
    /// The inputs that must be there, from the first one on.
    unsigned required = 0;
    /// Whether the results are the elements of one sequence.
    bool makesSequence = false;
  };
  void add(llvm::StringRef name, unsigned required, NodeFunction function,
           bool makesSequence = false) {
    entries[name] = {function, required, makesSequence};
  }
  static Entry find(mlir::Operation *node);

private:
  llvm::StringMap<Entry> entries;
};

/// The element type of a number in TensorProto.DataType; null where its
/// elements are no numbers, or are so few that they are there for their
/// rounding.
mlir::Type typeOfCode(mlir::MLIRContext *context, int64_t code);

/// `[2, 3]`, for reasons.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

void addConversions(NodeTable &table);
void addConvolutions(NodeTable &table);
void addEinsum(NodeTable &table);
void addElementwise(NodeTable &table);
void addGathering(NodeTable &table);
void addGeneration(NodeTable &table);
void addMovement(NodeTable &table);
void addNormalization(NodeTable &table);
void addOrdering(NodeTable &table);
void addPooling(NodeTable &table);
void addProducts(NodeTable &table);
void addReductions(NodeTable &table);
void addReshaping(NodeTable &table);
void addScattering(NodeTable &table);
void addSequences(NodeTable &table);

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_NODECALL_H
