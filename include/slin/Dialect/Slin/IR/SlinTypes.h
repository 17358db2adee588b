//===- SlinTypes.h - The type of a linear operator --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `LinopType`: a linear operator from `in` to `out` features.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINTYPES_H
#define SLIN_DIALECT_SLIN_IR_SLINTYPES_H

#include "mlir/IR/BuiltinTypes.h"

#define GET_TYPEDEF_CLASSES
#include "slin/Dialect/Slin/IR/SlinTypes.h.inc"

#endif // SLIN_DIALECT_SLIN_IR_SLINTYPES_H
