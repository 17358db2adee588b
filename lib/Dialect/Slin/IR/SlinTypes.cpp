//===- SlinTypes.cpp - The type of a linear operator ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Storage, syntax and constraints of `!slin.linop`.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinTypes.h"

#include "slin/Dialect/Slin/IR/SlinDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace slin;

#define GET_TYPEDEF_CLASSES
#include "slin/Dialect/Slin/IR/SlinTypes.cpp.inc"

void SlinDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "slin/Dialect/Slin/IR/SlinTypes.cpp.inc"
      >();
}

LogicalResult LinopType::verify(function_ref<InFlightDiagnostic()> emitError,
                                int64_t in, int64_t out, Type elementType) {
  // C1
  if (in < 1 || out < 1)
    return emitError() << "expected at least one feature on either side, found "
                       << in << " -> " << out;
  // C2
  if (!isa<FloatType>(elementType))
    return emitError() << "expected a floating-point element type, found "
                       << elementType;
  return success();
}
