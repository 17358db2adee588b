//===- ONNXEmitter.h - Terms as ONNX nodes ----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ONNX backend of term::Emitter: each primitive is one to three nodes that
// are valid in the model's own opset.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOONNX_ONNXEMITTER_H
#define SLIN_LIB_CONVERSION_SLINTOONNX_ONNXEMITTER_H

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Emit.h"

#include "llvm/ADT/StringSet.h"

namespace slin {

/// Names and initializers of one module, shared by everything that is written.
class ONNXNames {
public:
  explicit ONNXNames(mlir::ModuleOp module);
  /// `wanted`, or `wanted_1`, … where it is taken.
  std::string unique(llvm::StringRef wanted);

private:
  llvm::StringSet<> taken;
};

/// Constants written so far, so that a shared weight is written once.
using WrittenConstants = llvm::DenseMap<mlir::Attribute, mlir::Value>;

/// Writes the nodes of one linear in front of `before`.
class ONNXEmitter final : public term::Emitter<mlir::Value> {
public:
  ONNXEmitter(mlir::Operation *before, llvm::StringRef path,
              mlir::Type elementType, mlir::Attribute place,
              mlir::ArrayRef<mlir::Value> leaves, ONNXNames &names,
              WrittenConstants &constants);

  /// The whole of `y = term · x + bias`. `outputName` and `type` are the
  /// result's.
  mlir::FailureOr<mlir::Value> emitLinear(const term::Term &term, mlir::Value x,
                                          mlir::Value bias,
                                          llvm::StringRef outputName,
                                          mlir::Type type, std::string &reason);

  /// `a + b + …`, the result called `outputName`.
  mlir::Value emitSum(mlir::ValueRange summands, llvm::StringRef outputName,
                      mlir::Type type);

  /// The same for an operator that has another term in each range of token
  /// counts, `bounds` being the first counts of all ranges but the first: `If`
  /// nodes, one within the other, that compare the elements of x. Weights stand
  /// outside, the bias is added once, after them.
  mlir::FailureOr<mlir::Value> emitChoice(mlir::ArrayRef<TermWithLeaves> terms,
                                          mlir::ArrayRef<int64_t> bounds,
                                          mlir::Value x, mlir::Value bias,
                                          llvm::StringRef outputName,
                                          mlir::Type type, std::string &reason);

  mlir::Value product(mlir::Value x, const term::Leaf &matrix) override;
  mlir::Value groupedProduct(mlir::Value x, const term::Leaf &blocks) override;
  bool reordersRows() const override { return true; }
  mlir::Value reorderedProduct(mlir::Value x, const term::Leaf &blocks,
                               const term::Permutation &rows) override;
  mlir::Value rearrange(mlir::Value x,
                        const term::Rearrangement &rearrangement) override;
  mlir::Value gather(mlir::Value x, llvm::ArrayRef<int64_t> indices) override;
  mlir::Value multiply(mlir::Value x, const term::Leaf &vector) override;
  mlir::Value scale(mlir::Value x, double factor) override;
  mlir::Value add(mlir::Value a, mlir::Value b) override;
  mlir::Value concat(llvm::ArrayRef<mlir::Value> parts) override;
  mlir::Value slice(mlir::Value x, int64_t offset, int64_t size) override;
  mlir::Value zeros(mlir::Value x, int64_t size) override;

private:
  mlir::FailureOr<mlir::Value> emitRanges(mlir::ArrayRef<TermWithLeaves> terms,
                                          mlir::ArrayRef<int64_t> bounds,
                                          mlir::Value x, mlir::Value count,
                                          std::string &reason);
  mlir::LogicalResult emitBranch(mlir::Operation *yield,
                                 mlir::ArrayRef<TermWithLeaves> terms,
                                 mlir::ArrayRef<int64_t> bounds, mlir::Value x,
                                 mlir::Value count, std::string &reason);
  /// Adds the bias and gives the result its name and type. Nothing, and the
  /// reason, where something before failed.
  mlir::FailureOr<mlir::Value> finish(mlir::Value result, mlir::Value x,
                                      mlir::Value bias,
                                      llvm::StringRef outputName,
                                      mlir::Type type, std::string &reason);
  template <typename OpT>
  OpT node(llvm::StringRef name, mlir::ValueRange inputs,
           llvm::ArrayRef<mlir::NamedAttribute> attributes = {});
  /// A constant of the model: an initializer, or a Constant node in a function.
  mlir::Value constant(llvm::StringRef name, mlir::ElementsAttr value);
  void forget(mlir::Value constant);
  /// Places [start, end) of one axis.
  mlir::Value sliceAxis(llvm::StringRef name, mlir::Value x, int64_t start,
                        int64_t end, int64_t axis);
  mlir::Value integers(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  mlir::Value number(llvm::StringRef name, double value);
  /// A leaf in the layout of MatMul's right operand, in the element type of the
  /// activations; named after the weight. Row i is row `order.source(i)`.
  mlir::Value operand(const term::Leaf &leaf, const term::Permutation &order,
                      bool isMatrix = false);
  mlir::Value operand(const term::Leaf &leaf) {
    return operand(leaf, term::Permutation::identity(leaf.rows()));
  }
  mlir::Value writeBias(WeightOp weight);
  std::string nameOfLeaf(const term::Leaf &leaf);
  mlir::Value reshape(mlir::Value x, mlir::Value shape, llvm::StringRef name);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape,
                      llvm::StringRef name);
  /// Whether the value is known to have two axes.
  bool isMatrix(mlir::Value x);

  mlir::OpBuilder builder;
  mlir::Location location;
  std::string path;
  mlir::Type elementType;
  mlir::Attribute place;
  mlir::ArrayRef<mlir::Value> leaves;
  ONNXNames &names;
  WrittenConstants &constants;
  mlir::Operation *function;
  std::string failure;
};

template <typename OpT>
OpT ONNXEmitter::node(llvm::StringRef name, mlir::ValueRange inputs,
                      llvm::ArrayRef<mlir::NamedAttribute> attributes) {
  mlir::OperationState state(location, OpT::getOperationName());
  state.addOperands(inputs);
  state.addAttributes(attributes);
  state.addAttribute("node_name", builder.getStringAttr(names.unique(
                                      path + "/slin_" + name.str())));
  if (place)
    state.addAttribute(onnx::names::kIndex, place);
  state.addTypes(onnx::UnknownType::get(builder.getContext()));
  return llvm::cast<OpT>(builder.create(state));
}

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOONNX_ONNXEMITTER_H
