//===- Elements.h - The numbers of a tensor ---------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every weight, wherever its bytes lie, is read as `Elements`: a tensor type and
// the bytes in ONNX's `raw_data` layout (little-endian, row-major, elements
// narrower than a byte packed from the least significant bit). Numbers are
// computed in f64 and rounded once, here. DenseElementsAttr is not used for this
// because it copies the bytes into the context for ever.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_ELEMENTS_H
#define SLIN_WEIGHTS_ELEMENTS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/STLExtras.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mlir {
class ElementsAttr;
class Operation;
} // namespace mlir

namespace slin::weights {

/// The elements of a tensor. `owner` keeps `bytes` alive, or, of mapped files,
/// in memory; it is null where they live as long as the context.
struct Elements {
  mlir::ShapedType type;
  llvm::ArrayRef<char> bytes;
  std::shared_ptr<const void> owner;
};

/// Bits of one element in `raw_data`: 8 for i1, 4 for i4, 64 for complex<f32>;
/// 0 for element types without a fixed width (strings).
unsigned bitsPerElement(mlir::Type elementType);

/// Bytes that `count` elements take in `raw_data`.
uint64_t bytesOf(mlir::Type elementType, uint64_t count);

/// The number of elements, or nothing if the product passes 2^62 or a dimension
/// is not known.
std::optional<uint64_t> countOf(llvm::ArrayRef<int64_t> shape);

/// Whether all elements of `type` may be made in memory, where a splat or a
/// formula says them in a few characters; fails with the reason.
mlir::LogicalResult checkMakeable(mlir::ShapedType type, std::string &reason);

/// The elements as f64, in row-major order. Fails for element types that are no
/// numbers, with the reason.
mlir::LogicalResult toDoubles(const Elements &elements,
                              llvm::MutableArrayRef<double> values,
                              std::string &reason);

/// The bytes of `values` in `elementType` (a float type), each rounded once to
/// nearest, ties to even.
std::vector<char> fromDoubles(mlir::FloatType elementType,
                              llvm::ArrayRef<double> values);

/// Loads what `attribute` holds: builtin dense elements, or any attribute with
/// ElementsSourceAttrInterface. `base` is the folder of the model.
mlir::FailureOr<Elements> loadElements(mlir::ElementsAttr attribute,
                                       llvm::StringRef base,
                                       std::string &reason);

/// As above; the folder is the `onnx.base` of the module around `user`.
mlir::FailureOr<Elements> loadElements(mlir::ElementsAttr attribute,
                                       mlir::Operation *user,
                                       std::string &reason);

/// Iterators by which attributes over mapped bytes serve upstream's
/// ElementsAttr: each element is decoded when it is asked for.
template <typename T>
using ElementIterator =
    llvm::mapped_iterator<decltype(llvm::seq<int64_t>(0, 0).begin()),
                          std::function<T(int64_t)>>;
mlir::FailureOr<ElementIterator<llvm::APInt>>
beginIntegers(mlir::ElementsAttr attribute);
mlir::FailureOr<ElementIterator<llvm::APFloat>>
beginFloats(mlir::ElementsAttr attribute);
mlir::FailureOr<ElementIterator<mlir::Attribute>>
beginAttributes(mlir::ElementsAttr attribute);

} // namespace slin::weights

#endif // SLIN_WEIGHTS_ELEMENTS_H
