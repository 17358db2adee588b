//===- SlinGPUDialect.cpp - The slingpu dialect ---------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registers ops and attributes, and checks the latter.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

#include "slin/Dialect/SlinGPU/IR/SlinGPUDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "slin/Dialect/SlinGPU/IR/SlinGPUAttributes.cpp.inc"

void SlinGPUDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.cpp.inc"
      >();
}

void SlinGPUDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "slin/Dialect/SlinGPU/IR/SlinGPUAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef emitter, ArrayRef<int64_t> tile,
                                   int64_t stages, ArrayRef<int64_t> warps,
                                   int64_t cluster, int64_t split, bool) {
  if (tile.size() != 3)
    return emitError() << "expected a tile of tokens, rows and columns, found "
                       << tile.size() << " numbers";
  if (warps.size() != 2)
    return emitError() << "expected warps along tokens and along rows, found "
                       << warps.size() << " numbers";
  auto check = [&](int64_t number, StringRef what) -> LogicalResult {
    if (number >= 1)
      return success();
    return emitError() << "expected " << what << " of at least 1, found "
                       << number;
  };
  for (int64_t size : tile)
    if (failed(check(size, "a tile's sizes")))
      return failure();
  for (int64_t count : warps)
    if (failed(check(count, "a number of warps")))
      return failure();
  if (failed(check(stages, "stages")) || failed(check(cluster, "a cluster")) ||
      failed(check(split, "a split")))
    return failure();
  if (cluster <= 16)
    return success();
  return emitError() << "expected a cluster of at most 16 blocks, found "
                     << cluster;
}

LogicalResult NumberAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t scale, int64_t divisor,
                                 int64_t multiplier, int64_t constant) {
  if (divisor < 1)
    return emitError() << "expected a divisor of at least 1, found " << divisor;
  if (scale >= 0 && multiplier >= 0 && constant >= 0)
    return success();
  return emitError() << "expected numbers that are not negative, found "
                     << std::min({scale, multiplier, constant});
}

Attribute NumberAttr::parse(AsmParser &parser, Type) {
  SMLoc location = parser.getCurrentLocation();
  int64_t scale = 0, divisor = 1, multiplier = 0, constant = 0;
  auto error = [&] { return parser.emitError(location); };
  if (parser.parseLess())
    return {};
  if (succeeded(parser.parseOptionalKeyword("ceil")) &&
      (parser.parseLParen() || parser.parseInteger(scale) ||
       parser.parseStar() || parser.parseKeyword("tokens") ||
       parser.parseKeyword("by") || parser.parseInteger(divisor) ||
       parser.parseRParen() || parser.parseStar() ||
       parser.parseInteger(multiplier) || parser.parsePlus()))
    return {};
  if (parser.parseInteger(constant) || parser.parseGreater())
    return {};
  return getChecked(error, parser.getContext(), scale, divisor, multiplier,
                    constant);
}

void NumberAttr::print(AsmPrinter &printer) const {
  printer << '<';
  if (getScale() != 0 || getDivisor() != 1 || getMultiplier() != 0)
    printer << "ceil(" << getScale() << " * tokens by " << getDivisor()
            << ") * " << getMultiplier() << " + ";
  printer << getConstant() << '>';
}

int64_t NumberAttr::at(int64_t tokens) const {
  return int64_t(llvm::divideCeil(uint64_t(getScale() * tokens),
                                  uint64_t(getDivisor()))) *
             getMultiplier() +
         getConstant();
}

LogicalResult
TensorMapAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t,
                      int64_t, Type type, ArrayRef<NumberAttr> dims,
                      ArrayRef<int64_t> strides, ArrayRef<int64_t> box,
                      int64_t swizzle) {
  if (dims.empty() || dims.size() > 5 || box.size() != dims.size() ||
      strides.size() + 1 != dims.size())
    return emitError()
           << "expected 1 to 5 dims, as many sizes of a box and one "
              "stride less, found "
           << dims.size() << ", " << box.size() << " and " << strides.size();
  for (int64_t stride : strides)
    if (stride < 16 || stride % 16 != 0)
      return emitError() << "expected strides that are multiples of 16 bytes, "
                            "found "
                         << stride;
  for (int64_t size : box)
    if (size < 1 || size > 256)
      return emitError() << "expected a box of 1 to 256 elements, found "
                         << size;
  if (!llvm::is_contained({0, 32, 64, 128}, swizzle))
    return emitError() << "expected a swizzle of 0, 32, 64 or 128 bytes, found "
                       << swizzle;
  if (!type.isIntOrFloat())
    return emitError() << "expected a type of numbers, found " << type;
  int64_t bytes = box[0] * type.getIntOrFloatBitWidth() / 8;
  if (swizzle == 0 || bytes <= swizzle)
    return success();
  return emitError() << "expected rows of a box of at most " << swizzle
                     << " bytes, found " << bytes;
}
