//===- WeightInterfaces.h - How weights are handed out ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The interfaces of WeightInterfaces.td, and the one by which a dialect makes
// attributes for new weights, so that the rooms below ONNX need not know its
// attributes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_WEIGHTINTERFACES_H
#define SLIN_WEIGHTS_WEIGHTINTERFACES_H

#include "slin/Weights/Elements.h"

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/DialectInterface.h"
#include "mlir/IR/OpDefinition.h"

#include "slin/Weights/WeightAttrInterfaces.h.inc"
#include "slin/Weights/WeightOpInterfaces.h.inc"

namespace slin::weights {

/// Implemented by the dialect whose attributes refer to weights.
class WeightDialectInterface
    : public mlir::DialectInterface::Base<WeightDialectInterface> {
public:
  WeightDialectInterface(mlir::Dialect *dialect) : Base(dialect) {}
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WeightDialectInterface)

  /// An attribute for `bytes`, which it copies: inline where there are at most
  /// 16 elements, otherwise a reference to the context's store.
  virtual mlir::ElementsAttr makeWeight(mlir::ShapedType type,
                                        llvm::ArrayRef<char> bytes) const = 0;
};

/// An attribute for `bytes` through the context's WeightDialectInterface; null
/// if no loaded dialect has one.
mlir::ElementsAttr makeWeight(mlir::ShapedType type,
                              llvm::ArrayRef<char> bytes);

} // namespace slin::weights

#endif // SLIN_WEIGHTS_WEIGHTINTERFACES_H
