//===- Workspace.h - Where values between launches lie ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values whose lives do not meet share bytes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ARTEFACT_WORKSPACE_H
#define SLIN_LIB_TARGET_ARTEFACT_WORKSPACE_H

#include "format.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace slin::artefact {

/// Bytes of a value: so many for each token, or so many in all.
struct Extent {
  uint64_t perToken = 0, constant = 0;
};

/// Nothing where the type is none of a buffer: static, or with one axis of
/// tokens, of whole bytes.
std::optional<Extent> extentOf(mlir::RankedTensorType type);

/// A number that does not vary with tokens.
slingpu_number constantNumber(uint64_t value);

/// `ceil(tokens / divisor) * multiplier + constant`, constant where nothing is
/// multiplied.
slingpu_number tokenNumber(uint32_t divisor, uint64_t multiplier,
                           uint64_t constant = 0);

struct Place {
  slingpu_number offset, size;
};

/// A value from the launch that writes it to the last one that reads it.
struct Life {
  mlir::Value value;
  Extent extent;
  unsigned first, last;
};

/// A place for each value: `lives` in the order of `first`.
llvm::DenseMap<mlir::Value, Place> placeInWorkspace(llvm::ArrayRef<Life> lives);

} // namespace slin::artefact

#endif // SLIN_LIB_TARGET_ARTEFACT_WORKSPACE_H
