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

#include "slin/Weights/Elements.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace slin;

static double toleranceOf(Type elementType) {
  if (elementType.isF64())
    return 1e-11;
  if (elementType.isF32())
    return 1e-5;
  return elementType.isF16() ? 5e-3 : 4e-2;
}

static std::vector<double> numbersOf(const Tensor &tensor) {
  std::vector<double> numbers(tensor.type.getNumElements());
  std::string reason;
  (void)weights::toDoubles({tensor.type, tensor.bytes, nullptr}, numbers,
                           reason);
  return numbers;
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

LogicalResult slin::compare(const std::vector<Tensor> &results,
                            const std::vector<Numbers> &references,
                            double tolerance, llvm::raw_ostream &os,
                            llvm::raw_ostream &errors) {
  double largest = 0.0, allowed = tolerance;
  for (size_t number = 0; number < results.size(); ++number) {
    const Tensor &result = results[number];
    const Numbers &reference = references[number];
    double limit =
        tolerance > 0 ? tolerance : toleranceOf(result.type.getElementType());
    if (result.type.getShape() != ArrayRef<int64_t>(reference.shape)) {
      errors << "result " << number << ": expected the shape ["
             << llvm::interleaved(reference.shape) << "], found " << result.type
             << "\n";
      return failure();
    }
    std::vector<double> found = numbersOf(result);
    double magnitude = 0.0, error = 0.0;
    int64_t place = 0;
    for (double expected : reference.data)
      magnitude = std::max(magnitude, std::fabs(expected));
    for (size_t i = 0; i < found.size(); ++i) {
      double difference = std::fabs(found[i] - reference.data[i]);
      if (magnitude > 0)
        difference /= magnitude;
      if (difference <= error)
        continue;
      error = std::isnan(difference) ? HUGE_VAL : difference;
      place = i;
    }
    if (error > limit) {
      errors << "result " << number << " differs from the reference at "
             << indexText(result.type.getShape(), place) << ": expected "
             << llvm::format("%.9g", reference.data[place]) << ", found "
             << llvm::format("%.9g", found[place]) << "; max relative error "
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

void slin::print(const std::vector<Tensor> &results, llvm::raw_ostream &os) {
  for (size_t number = 0; number < results.size(); ++number) {
    const Tensor &result = results[number];
    os << "result " << number << ": " << result.type << " ";
    std::vector<double> numbers = numbersOf(result);
    printNested(numbers, result.type.getShape(), os);
    os << "\n";
  }
}
