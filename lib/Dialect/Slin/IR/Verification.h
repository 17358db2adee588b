//===- Verification.h - Checks that several operators share ------*- C++
//-*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the room. Each check names what was expected and what was found.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_IR_VERIFICATION_H
#define SLIN_LIB_DIALECT_SLIN_IR_VERIFICATION_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

namespace slin {

/// A weight of an op, for messages.
struct NamedWeight {
  llvm::StringRef name;
  mlir::Value value;

  mlir::RankedTensorType type() const {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  int64_t dim(unsigned axis) const { return type().getDimSize(axis); }
};

/// The rank of `weight`.
mlir::LogicalResult verifyRank(mlir::Operation *op, NamedWeight weight,
                               int64_t rank);

/// The shape of `weight`, whose axes stand for `axes`, e.g. "[out, in]".
mlir::LogicalResult verifyShape(mlir::Operation *op, NamedWeight weight,
                                llvm::StringRef axes,
                                llvm::ArrayRef<int64_t> expected);

/// That `weight`'s element type is not wider than the operator's.
mlir::LogicalResult verifyElementType(mlir::Operation *op, NamedWeight weight,
                                      LinopType type);

/// That `in` equals `out`.
mlir::LogicalResult verifySquare(mlir::Operation *op, LinopType type);

/// That `blocks` divides `size`, which is called `name`.
mlir::LogicalResult verifyDivides(mlir::Operation *op, int64_t blocks,
                                  llvm::StringRef name, int64_t size);

/// That `operand`, called `name`, has the result's element type.
mlir::LogicalResult verifySameElementType(mlir::Operation *op,
                                          llvm::StringRef name,
                                          mlir::Value operand, LinopType type);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_IR_VERIFICATION_H
