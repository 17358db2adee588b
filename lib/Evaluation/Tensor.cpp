//===- Tensor.cpp - Tensors of numbers ------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reading and rearranging elements.
//
//===----------------------------------------------------------------------===//

#include "slin/Evaluation/Tensor.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

bool evaluation::isNumeric(Type elementType) {
  return isa<FloatType>(elementType) ||
         (isa<IntegerType>(elementType) &&
          elementType.getIntOrFloatBitWidth() <= 64);
}

int64_t evaluation::wrap(int64_t value, Type elementType) {
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (width == 1)
    return value != 0;
  if (width == 64)
    return value;
  return elementType.isUnsignedInteger()
             ? value & int64_t(llvm::maskTrailingOnes<uint64_t>(width))
             : llvm::SignExtend64(uint64_t(value), width);
}

int64_t evaluation::cut(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 9223372036854775807.0)
    return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0)
    return std::numeric_limits<int64_t>::min();
  return int64_t(value);
}

Reals Tensor::toReals() const {
  if (isReal())
    return *realElements;
  return Reals(integerElements->begin(), integerElements->end());
}

int64_t Tensor::integerAt(int64_t index) const {
  return isReal() ? cut((*realElements)[index]) : (*integerElements)[index];
}

Tensor Tensor::reshaped(ArrayRef<int64_t> to) const {
  Tensor result = *this;
  result.shape = Shape(to);
  return result;
}

template <typename T>
static std::vector<T> take(ArrayRef<T> elements, ArrayRef<int64_t> places) {
  std::vector<T> result(places.size());
  for (auto [element, place] : llvm::zip(result, places))
    element = place < 0 ? T(0) : elements[place];
  return result;
}

Tensor Tensor::taken(ArrayRef<int64_t> places, ArrayRef<int64_t> to) const {
  if (isReal())
    return Tensor(elementType, to, take(reals(), places));
  return Tensor(elementType, to, take(integers(), places));
}

Tensor evaluation::makeTensor(Type elementType, ArrayRef<int64_t> shape,
                              Reals reals) {
  if (isa<FloatType>(elementType))
    return Tensor(elementType, shape, std::move(reals));
  Integers integers;
  integers.reserve(reals.size());
  for (double number : reals)
    integers.push_back(elementType.isInteger(1)
                           ? number != 0.0
                           : wrap(cut(number), elementType));
  return Tensor(elementType, shape, std::move(integers));
}

FailureOr<Tensor> evaluation::readTensor(const weights::Elements &elements,
                                         std::string &reason) {
  Type type = elements.type.getElementType();
  if (!isNumeric(type)) {
    llvm::raw_string_ostream(reason)
        << "expected elements that are numbers, found " << type;
    return failure();
  }
  ArrayRef<int64_t> shape = elements.type.getShape();
  int64_t count = elements.type.getNumElements();
  // Integers of 64 bits are the ones that f64 does not hold.
  if (type.isIntOrFloat() && !isa<FloatType>(type) &&
      type.getIntOrFloatBitWidth() == 64) {
    Integers integers(count);
    if (elements.bytes.size() < integers.size() * sizeof(int64_t)) {
      reason =
          "expected " + std::to_string(count) + " elements, found fewer bytes";
      return failure();
    }
    std::memcpy(integers.data(), elements.bytes.data(),
                integers.size() * sizeof(int64_t));
    return Tensor(type, shape, std::move(integers));
  }
  Reals reals(count);
  if (failed(weights::toDoubles(elements, reals, reason)))
    return failure();
  return makeTensor(type, shape, std::move(reals));
}
