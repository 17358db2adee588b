//===- NodeWriter.h - New nodes and constants of a graph --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What passes that write nodes share: names that nothing else has, constants
// where a graph or a function keeps them, and the end of what nobody reads.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_TRANSFORMS_NODEWRITER_H
#define SLIN_LIB_DIALECT_ONNX_TRANSFORMS_NODEWRITER_H

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/StringSet.h"

namespace slin::onnx {

class NodeWriter {
public:
  explicit NodeWriter(mlir::ModuleOp module);

  /// Nodes are written in front of `node` from now on, named after `path`.
  void setPlace(mlir::Operation *node, llvm::StringRef path);

  mlir::OpBuilder &getBuilder() { return builder; }
  /// A name that nothing in the module has: `wanted`, or `wanted_1`, …
  std::string unique(const llvm::Twine &wanted);
  /// Lets the names of a node that will be erased be taken again.
  void release(mlir::Operation *node);
  /// Erases a node that was written and is not read; its names are free.
  void erase(mlir::Operation *node);
  /// Takes back what was written and released since the place was set.
  void discard();

  /// The first result of a new node `<path>/<name>`, of unknown type.
  template <typename OpT>
  mlir::Value node(const llvm::Twine &name, mlir::ValueRange inputs,
                   llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    return node(OpT::getOperationName(), name, inputs, attributes);
  }
  mlir::NamedAttribute integer(llvm::StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  }
  mlir::NamedAttribute text(llvm::StringRef name, llvm::StringRef value) {
    return builder.getNamedAttr(name, builder.getStringAttr(value));
  }
  /// A copy of `node` with operands from `mapping`, which its results are added
  /// to, called `<path>/<name>`, or as `node` was where that was released. What
  /// types it has is no longer known.
  mlir::Operation *copy(mlir::Operation *node, mlir::IRMapping &mapping,
                        llvm::StringRef name = "");

  /// A Split of `value` along `axis`, from the right and negative.
  mlir::Operation *split(const llvm::Twine &name, mlir::Value value,
                         llvm::ArrayRef<int64_t> sizes, int64_t axis);

  /// A constant of the model named `<path>/<name>`: an initializer, or a
  /// Constant node in a function.
  mlir::Value constant(const llvm::Twine &name, mlir::ElementsAttr elements);
  mlir::Value weight(const llvm::Twine &name, mlir::RankedTensorType type,
                     llvm::ArrayRef<char> bytes);
  mlir::Value integers(const llvm::Twine &name, llvm::ArrayRef<int64_t> values);
  /// As above, of rank 0.
  mlir::Value integerScalar(const llvm::Twine &name, int64_t value);

private:
  mlir::Value node(llvm::StringRef op, const llvm::Twine &name,
                   mlir::ValueRange inputs,
                   llvm::ArrayRef<mlir::NamedAttribute> attributes);
  void take(mlir::Operation *node);
  mlir::OpBuilder builder;
  mlir::Location location;
  mlir::Operation *function = nullptr;
  std::string path;
  llvm::StringSet<> taken;
  llvm::SmallVector<mlir::Operation *> written, released;
};

/// The result of `root` becomes `value`, which gets its name and type; what
/// nobody reads any more is erased, weights included, as far as `root` was what
/// read it.
void replaceNode(mlir::Operation *root, mlir::Value value);

/// Erases `op` if nobody reads it, and then what only it read.
void eraseUnread(mlir::Operation *op);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_TRANSFORMS_NODEWRITER_H
