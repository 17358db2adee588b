//===- Elements.cpp - The numbers of a tensor -----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decoding and rounding of elements. Conversions of narrow floats go through
// APFloat, which knows every format; f32, f64, f16 and bf16 have short cuts that
// do the same with the machine's own instructions.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/Elements.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace slin::weights;

#include "slin/Weights/WeightAttrInterfaces.cpp.inc"
#include "slin/Weights/WeightOpInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

unsigned slin::weights::bitsPerElement(Type elementType) {
  if (auto complex = dyn_cast<ComplexType>(elementType))
    return 2 * bitsPerElement(complex.getElementType());
  if (elementType.isInteger(1))
    return 8;
  if (elementType.isIntOrFloat())
    return elementType.getIntOrFloatBitWidth();
  return 0;
}

uint64_t slin::weights::bytesOf(Type elementType, uint64_t count) {
  return llvm::divideCeil(count * bitsPerElement(elementType), uint64_t(8));
}

std::optional<uint64_t> slin::weights::countOf(ArrayRef<int64_t> shape) {
  // A zero anywhere makes the tensor empty, whatever the others say.
  if (llvm::is_contained(shape, 0))
    return 0;
  uint64_t count = 1;
  for (int64_t dim : shape) {
    if (dim < 0 || uint64_t(dim) > (uint64_t(1) << 56) / count)
      return std::nullopt;
    count *= dim;
  }
  return count;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// The bits of element `index`, least significant first.
static APInt bitsAt(const Elements &elements, int64_t index) {
  Type type = elements.type.getElementType();
  unsigned width = bitsPerElement(type);
  uint64_t words[2] = {0, 0};
  if (width >= 8) {
    std::memcpy(words, elements.bytes.data() + index * (width / 8), width / 8);
  } else {
    for (unsigned bit = 0; bit < width; ++bit) {
      uint64_t position = uint64_t(index) * width + bit;
      uint64_t value = (elements.bytes[position / 8] >> (position % 8)) & 1;
      words[0] |= value << bit;
    }
  }
  return APInt(width, ArrayRef<uint64_t>(words, width > 64 ? 2 : 1));
}

static APInt integerAt(const Elements &elements, int64_t index) {
  APInt bits = bitsAt(elements, index);
  if (elements.type.getElementType().isInteger(1))
    return APInt(1, !bits.isZero());
  return bits;
}

static APFloat floatAt(const Elements &elements, int64_t index) {
  auto type = cast<FloatType>(elements.type.getElementType());
  return APFloat(type.getFloatSemantics(), bitsAt(elements, index));
}

template <typename T>
static T loadAs(const char *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

static double doubleAt(const Elements &elements, int64_t index) {
  Type type = elements.type.getElementType();
  if (isa<FloatType>(type)) {
    APFloat value = floatAt(elements, index);
    bool lossy;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
    return value.convertToDouble();
  }
  APInt value = integerAt(elements, index);
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return isUnsigned ? double(value.getZExtValue()) : double(value.getSExtValue());
}

LogicalResult slin::weights::toDoubles(const Elements &elements,
                                       MutableArrayRef<double> values,
                                       std::string &reason) {
  Type type = elements.type.getElementType();
  if (!type.isIntOrFloat()) {
    std::string printed;
    llvm::raw_string_ostream(printed) << type;
    reason = "elements of type " + printed + " are no real numbers";
    return failure();
  }
  const char *bytes = elements.bytes.data();
  if (type.isF32()) {
    for (auto [index, value] : llvm::enumerate(values))
      value = loadAs<float>(bytes + 4 * index);
  } else if (type.isF64()) {
    std::memcpy(values.data(), bytes, 8 * values.size());
  } else if (type.isBF16()) {
    for (auto [index, value] : llvm::enumerate(values))
      value = llvm::bit_cast<float>(uint32_t(loadAs<uint16_t>(bytes + 2 * index)) << 16);
  } else {
    for (auto [index, value] : llvm::enumerate(values))
      value = doubleAt(elements, index);
  }
  return success();
}

std::vector<char> slin::weights::fromDoubles(FloatType elementType,
                                             ArrayRef<double> values) {
  unsigned width = bitsPerElement(elementType);
  std::vector<char> bytes(bytesOf(elementType, values.size()));
  for (auto [index, value] : llvm::enumerate(values)) {
    if (elementType.isF32()) {
      float rounded = value;
      std::memcpy(bytes.data() + 4 * index, &rounded, 4);
      continue;
    }
    APFloat number(value);
    bool lossy;
    number.convert(elementType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    uint64_t bits = number.bitcastToAPInt().getZExtValue();
    if (width >= 8) {
      std::memcpy(bytes.data() + index * (width / 8), &bits, width / 8);
      continue;
    }
    for (unsigned bit = 0; bit < width; ++bit) {
      uint64_t position = uint64_t(index) * width + bit;
      bytes[position / 8] |= ((bits >> bit) & 1) << (position % 8);
    }
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// Builtin dense elements in `raw_data` layout; copied only where the builtin
/// layout differs (splats, bools, types narrower than a byte).
static FailureOr<Elements> loadDense(DenseIntOrFPElementsAttr dense) {
  ShapedType type = dense.getType();
  Type elementType = type.getElementType();
  unsigned width = bitsPerElement(elementType);
  bool sameLayout = width >= 8 && !elementType.isInteger(1);
  if (sameLayout && !dense.isSplat())
    return Elements{type, dense.getRawData(), nullptr};
  auto owner = std::make_shared<std::vector<char>>();
  uint64_t count = dense.getNumElements();
  if (sameLayout) {
    ArrayRef<char> one = dense.getRawData();
    if (one.size() == 1) {
      owner->assign(count, one.front());
    } else {
      owner->reserve(count * one.size());
      for (uint64_t i = 0; i < count; ++i)
        owner->insert(owner->end(), one.begin(), one.end());
    }
  } else {
    owner->resize(bytesOf(elementType, count));
    uint64_t index = 0;
    for (Attribute element : dense.getValues<Attribute>()) {
      APInt bits = isa<FloatAttr>(element)
                       ? cast<FloatAttr>(element).getValue().bitcastToAPInt()
                       : cast<IntegerAttr>(element).getValue();
      for (unsigned bit = 0; bit < bits.getBitWidth(); ++bit) {
        uint64_t position = index * width + bit;
        (*owner)[position / 8] |= int(bits[bit]) << (position % 8);
      }
      ++index;
    }
  }
  return Elements{type, ArrayRef<char>(*owner), owner};
}

LogicalResult slin::weights::checkMakeable(ShapedType type,
                                           std::string &reason) {
  constexpr uint64_t kMostBytes = uint64_t(1) << 36;
  std::optional<uint64_t> count = countOf(type.getShape());
  if (count && *count <= kMostBytes &&
      bytesOf(type.getElementType(), *count) <= kMostBytes)
    return success();
  std::string printed;
  llvm::raw_string_ostream(printed) << type;
  reason = printed + " is too large to be made in memory: expected at most " +
           std::to_string(kMostBytes) + " bytes";
  return failure();
}

FailureOr<Elements> slin::weights::loadElements(ElementsAttr attribute,
                                                StringRef base,
                                                std::string &reason) {
  if (auto source = dyn_cast_or_null<ElementsSourceAttrInterface>(attribute))
    return source.loadElements(base, reason);
  if (auto dense = dyn_cast_or_null<DenseIntOrFPElementsAttr>(attribute))
    return failed(checkMakeable(dense.getType(), reason))
               ? FailureOr<Elements>(failure())
               : loadDense(dense);
  reason = attribute ? "the attribute holds no numbers" : "there is no value";
  return failure();
}

FailureOr<Elements> slin::weights::loadElements(ElementsAttr attribute,
                                                Operation *user,
                                                std::string &reason) {
  StringRef base;
  for (Operation *op = user; op; op = op->getParentOp())
    if (auto attr = op->getAttrOfType<StringAttr>("onnx.base"))
      base = attr.getValue();
  return loadElements(attribute, base, reason);
}

ElementsAttr slin::weights::makeWeight(ShapedType type, ArrayRef<char> bytes) {
  for (Dialect *dialect : type.getContext()->getLoadedDialects())
    if (auto *interface = dialect->getRegisteredInterface<WeightDialectInterface>())
      return interface->makeWeight(type, bytes);
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Iterators
//===----------------------------------------------------------------------===//

template <typename T>
static FailureOr<ElementIterator<T>>
begin(ElementsAttr attribute, T (*decode)(const Elements &, int64_t)) {
  std::string reason;
  FailureOr<Elements> elements = loadElements(attribute, StringRef(), reason);
  if (failed(elements))
    return failure();
  return ElementIterator<T>(
      llvm::seq<int64_t>(0, 0).begin(),
      [elements = *elements, decode](int64_t index) { return decode(elements, index); });
}

FailureOr<ElementIterator<APInt>>
slin::weights::beginIntegers(ElementsAttr attribute) {
  if (!isa<IntegerType>(attribute.getElementType()))
    return failure();
  return begin<APInt>(attribute, integerAt);
}

FailureOr<ElementIterator<APFloat>>
slin::weights::beginFloats(ElementsAttr attribute) {
  if (!isa<FloatType>(attribute.getElementType()))
    return failure();
  return begin<APFloat>(attribute, floatAt);
}

FailureOr<ElementIterator<Attribute>>
slin::weights::beginAttributes(ElementsAttr attribute) {
  if (!attribute.getElementType().isIntOrFloat())
    return failure();
  return begin<Attribute>(attribute, [](const Elements &elements, int64_t index) -> Attribute {
    Type type = elements.type.getElementType();
    if (isa<FloatType>(type))
      return FloatAttr::get(type, floatAt(elements, index));
    return IntegerAttr::get(type, integerAt(elements, index));
  });
}
