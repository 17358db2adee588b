//===- Comparison.cpp - Results against the reference ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tolerances are those of sums of a few thousand terms, rounded where lowering
// rounds: at the end of each linear and each activation.
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using evaluation::Tensor;

static double toleranceOf(Type elementType) {
  if (!isa<FloatType>(elementType))
    return 0.0;
  if (elementType.isF64())
    return 1e-11;
  if (elementType.isF32())
    return 1e-5;
  return elementType.isF16() ? 5e-3 : 4e-2;
}

/// The index of element `position`, as [0, 3].
static std::string indexText(ArrayRef<int64_t> shape, int64_t position) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t axis = shape.size() - 1; axis >= 0; --axis) {
    index[axis] = position % shape[axis];
    position /= shape[axis];
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(index, os << "[");
  os << "]";
  return text;
}

namespace {
/// The largest difference, over the largest magnitude, and where it is.
struct Difference {
  double error = 0.0;
  int64_t place = 0;
};
} // namespace

static Difference differenceOf(const Tensor &found, const Tensor &expected) {
  Difference result;
  double magnitude = 0.0;
  for (int64_t i = 0; i < expected.size(); ++i)
    if (double number = std::fabs(expected.realAt(i)); std::isfinite(number))
      magnitude = std::max(magnitude, number);
  for (int64_t i = 0; i < expected.size(); ++i) {
    double a = found.realAt(i), b = expected.realAt(i);
    // Equal infinities have no difference, nor has what is NaN in both.
    if (a == b || (std::isnan(a) && std::isnan(b)))
      continue;
    double difference = std::fabs(a - b);
    if (magnitude > 0)
      difference /= magnitude;
    if (std::isnan(difference))
      difference = HUGE_VAL;
    if (difference > result.error)
      result = {difference, i};
  }
  return result;
}

LogicalResult slin::compare(ArrayRef<Tensor> results,
                            ArrayRef<Tensor> references, double tolerance,
                            llvm::raw_ostream &os, llvm::raw_ostream &errors) {
  double largest = 0.0, allowed = tolerance;
  for (size_t number = 0; number < results.size(); ++number) {
    const Tensor &result = results[number], &reference = references[number];
    double limit = result.isReal() && tolerance > 0
                       ? tolerance
                       : toleranceOf(result.getElementType());
    if (result.getShape() != reference.getShape()) {
      errors << "result " << number << ": expected the shape ["
             << llvm::interleaved(reference.getShape()) << "], found "
             << RankedTensorType::get(result.getShape(),
                                      result.getElementType())
             << "\n";
      return failure();
    }
    auto [error, place] = differenceOf(result, reference);
    if (error > limit) {
      errors << "result " << number << " differs from the reference at "
             << indexText(result.getShape(), place) << ": expected "
             << llvm::format("%.9g", reference.realAt(place)) << ", found "
             << llvm::format("%.9g", result.realAt(place))
             << "; max relative error "
             << llvm::format("%.1e > %.1e", error, limit) << "\n";
      return failure();
    }
    largest = std::max(largest, error);
    allowed = std::max(allowed, limit);
  }
  os << "checked: max relative error "
     << llvm::format("%.1e <= %.1e", largest, allowed) << "\n";
  return success();
}

static void printNested(ArrayRef<double> numbers, ArrayRef<int64_t> shape,
                        llvm::raw_ostream &os) {
  if (shape.empty()) {
    os << llvm::format("%.6g", numbers.front());
    return;
  }
  size_t size = numbers.size() / std::max<int64_t>(shape.front(), 1);
  os << "[";
  for (int64_t i = 0; i < shape.front(); ++i) {
    os << (i ? ", " : "");
    printNested(numbers.slice(i * size, size), shape.drop_front(), os);
  }
  os << "]";
}

void slin::print(ArrayRef<Tensor> results, llvm::raw_ostream &os) {
  for (size_t number = 0; number < results.size(); ++number) {
    const Tensor &result = results[number];
    os << "result " << number << ": "
       << RankedTensorType::get(result.getShape(), result.getElementType())
       << " ";
    printNested(result.toReals(), result.getShape(), os);
    os << "\n";
  }
}
