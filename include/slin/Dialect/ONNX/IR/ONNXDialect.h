//===- ONNXDialect.h - The onnx dialect -------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Dialect, types and attributes of onnx, and the few questions that are asked
// of a value or an op rather than of one class. The C++ namespace is
// slin::onnx; protobuf's messages are always written ::onnx.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXDIALECT_H
#define SLIN_DIALECT_ONNX_IR_ONNXDIALECT_H

#include "slin/Weights/WeightInterfaces.h"
#include "slin/Weights/WeightStore.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXAttributes.h.inc"

namespace slin::onnx {

/// Attributes on modules and functions that carry what a ModelProto, GraphProto
/// or FunctionProto says beside its nodes.
namespace names {
inline constexpr llvm::StringLiteral kBase = "onnx.base";
inline constexpr llvm::StringLiteral kModel = "onnx.model";
inline constexpr llvm::StringLiteral kOpsets = "onnx.opset_imports";
inline constexpr llvm::StringLiteral kGraph = "onnx.graph";
inline constexpr llvm::StringLiteral kFunction = "onnx.function";
inline constexpr llvm::StringLiteral kTraining = "onnx.training";
inline constexpr llvm::StringLiteral kName = "onnx.name";
inline constexpr llvm::StringLiteral kDetails = "onnx.details";
/// The place of a node in the model's own order, while nodes are moved.
inline constexpr llvm::StringLiteral kIndex = "onnx.index";
/// On a node whose result types the model does not record.
inline constexpr llvm::StringLiteral kInferred = "onnx.inferred";
/// On a module whose weights are no longer those of the files it was read from.
inline constexpr llvm::StringLiteral kRewritten = "onnx.rewritten";
} // namespace names

/// The domain as ONNX means it: "ai.onnx" is the empty domain.
llvm::StringRef canonicalDomain(llvm::StringRef domain);

/// The version of `domain` imported around `op`; 0 if there is none.
int64_t opsetOf(mlir::Operation *op, llvm::StringRef domain);

/// The elements in an attribute that may be #onnx.tensor; null if it has none.
mlir::ElementsAttr elementsOf(mlir::Attribute tensor);

/// An attribute with the elements in the text: literals where they say every
/// bit of `bytes` (`raw_data` layout), the bytes themselves otherwise.
mlir::ElementsAttr makeLiteral(mlir::ShapedType type,
                               llvm::ArrayRef<char> bytes);

/// The same elements, in order, in another shape: of a weight in a file the
/// same bytes.
mlir::ElementsAttr reshapeElements(mlir::ElementsAttr elements,
                                   mlir::RankedTensorType type);

/// A name of the model as an SSA name for the eye: `/h.0/mlp/MatMul_output_0`
/// becomes `h.0.mlp.MatMul`.
std::string asmName(llvm::StringRef name);

/// The name of `value` in the model, empty if it has none (`onnx.none`).
std::string nameOf(mlir::Value value);

/// Operand `index` of a node, or null if it is absent or `onnx.none`.
mlir::Value presentInput(mlir::Operation *node, unsigned index);

/// The ONNX attributes of a typed node.
mlir::DictionaryAttr typedNodeAttributes(mlir::Operation *node);

/// What all nodes share in text.
mlir::ParseResult parseNode(mlir::OpAsmParser &parser,
                            mlir::OperationState &state);
void printNode(mlir::OpAsmPrinter &printer, mlir::Operation *node);
void nameNodeResults(mlir::Operation *node, mlir::OpAsmSetValueNameFn setName);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_IR_ONNXDIALECT_H
