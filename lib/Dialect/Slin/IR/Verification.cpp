//===- Verification.cpp - Checks that several operators share -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Verifiers only look at the op itself and at its types.
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(shape))
    text += (index ? ", " : "") + std::to_string(size);
  return text + "]";
}

LogicalResult slin::verifyRank(Operation *op, NamedWeight weight,
                               int64_t rank) {
  if (weight.type().getRank() == rank)
    return success();
  return op->emitOpError() << "expected '" << weight.name << "' of rank "
                           << rank << ", found rank "
                           << weight.type().getRank();
}

LogicalResult slin::verifyShape(Operation *op, NamedWeight weight,
                                StringRef axes, ArrayRef<int64_t> expected) {
  if (weight.type().getShape() == expected)
    return success();
  return op->emitOpError() << "expected '" << weight.name << "' to be " << axes
                           << " = " << shapeText(expected) << ", found "
                           << shapeText(weight.type().getShape());
}

LogicalResult slin::verifyElementType(Operation *op, NamedWeight weight,
                                      LinopType type) {
  Type found = weight.type().getElementType();
  // f64 is what passes compute with before they round.
  if (found.isF64() || found.getIntOrFloatBitWidth() <=
                           type.getElementType().getIntOrFloatBitWidth())
    return success();
  return op->emitOpError() << "expected '" << weight.name
                           << "' with elements not wider than "
                           << type.getElementType() << ", found " << found;
}

LogicalResult slin::verifySquare(Operation *op, LinopType type) {
  if (type.getIn() == type.getOut())
    return success();
  return op->emitOpError() << "expected as many outputs as inputs, found "
                           << type.getIn() << " -> " << type.getOut();
}

LogicalResult slin::verifyDivides(Operation *op, int64_t blocks, StringRef name,
                                  int64_t size) {
  if (blocks > 0 && size % blocks == 0)
    return success();
  return op->emitOpError() << "expected a block count that divides " << name
                           << " = " << size << ", found " << blocks;
}

LogicalResult slin::verifySameElementType(Operation *op, StringRef name,
                                          Value operand, LinopType type) {
  Type found = cast<LinopType>(operand.getType()).getElementType();
  if (found == type.getElementType())
    return success();
  return op->emitOpError() << "expected '" << name << "' with elements of type "
                           << type.getElementType() << ", found " << found;
}
