//===- Tensor.h - Tensors of numbers ----------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What evaluation computes with. Elements of all floating-point types are f64
// and are never rounded to their own type: evaluation says what a model means
// in real arithmetic. Integers and booleans are int64, so that an index beyond
// 2^53 is what it is; those of fewer bits wrap as their type does.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_EVALUATION_TENSOR_H
#define SLIN_EVALUATION_TENSOR_H

#include "slin/Weights/Elements.h"

#include "mlir/IR/BuiltinTypes.h"

#include <memory>
#include <vector>

namespace slin::evaluation {

using Shape = llvm::SmallVector<int64_t>;
using Reals = std::vector<double>;
using Integers = std::vector<int64_t>;

/// Elements in row-major order; copies share them.
class Tensor {
public:
  Tensor() = default;
  Tensor(mlir::Type elementType, llvm::ArrayRef<int64_t> shape, Reals reals)
      : elementType(elementType), shape(shape),
        realElements(std::make_shared<const Reals>(std::move(reals))) {}
  Tensor(mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
         Integers integers)
      : elementType(elementType), shape(shape),
        integerElements(std::make_shared<const Integers>(std::move(integers))) {
  }

  mlir::Type getElementType() const { return elementType; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t size() const {
    return isReal() ? realElements->size() : integerElements->size();
  }

  /// Whether the element type is one of floating point.
  bool isReal() const { return realElements != nullptr; }
  llvm::ArrayRef<double> reals() const { return *realElements; }
  llvm::ArrayRef<int64_t> integers() const { return *integerElements; }

  /// The elements as f64, whatever their type.
  Reals toReals() const;
  /// Element `index` as an integer; reals are cut, within 64 bits.
  int64_t integerAt(int64_t index) const;
  double realAt(int64_t index) const {
    return isReal() ? (*realElements)[index]
                    : double((*integerElements)[index]);
  }

  /// The same elements, as many, in another shape.
  Tensor reshaped(llvm::ArrayRef<int64_t> to) const;
  /// The elements at `places`, zero where a place is negative, as `to`.
  Tensor taken(llvm::ArrayRef<int64_t> places,
               llvm::ArrayRef<int64_t> to) const;

private:
  mlir::Type elementType;
  Shape shape;
  std::shared_ptr<const Reals> realElements;
  std::shared_ptr<const Integers> integerElements;
};

/// Whether numbers of `elementType` can be evaluated.
bool isNumeric(mlir::Type elementType);

/// `value` as an element of the integer type `elementType`: cut to its bits,
/// or, of booleans, whether it is not zero.
int64_t wrap(int64_t value, mlir::Type elementType);

/// A real number as an integer of 64 bits, cut; NaN is 0.
int64_t cut(double value);

/// Reals as elements of any type.
Tensor makeTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
                  Reals reals);

/// What a weight or an argument holds; fails with the reason.
mlir::FailureOr<Tensor> readTensor(const weights::Elements &elements,
                                   std::string &reason);

} // namespace slin::evaluation

#endif // SLIN_EVALUATION_TENSOR_H
