//===- TypeCodec.cpp - TypeProto to type and back -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A message is decoded, encoded again and compared: what the comparison does
// not find equal becomes `!onnx.raw`. So completeness does not rest on this
// file knowing every way in which a message can be odd.
//
//===----------------------------------------------------------------------===//

#include "TypeCodec.h"

#include "mlir/IR/Builders.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace slin::onnx;
using ::onnx::TensorProto;
using ::onnx::TypeProto;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Element types by number, all of onnx 1.23.
static Type knownElementType(MLIRContext *context, int32_t code) {
  Builder b(context);
  auto integer = [&](unsigned width, bool isUnsigned) -> Type {
    return isUnsigned ? b.getIntegerType(width, false)
                      : b.getIntegerType(width);
  };
  switch (code) {
  case TensorProto::FLOAT:
    return b.getF32Type();
  case TensorProto::UINT8:
    return integer(8, true);
  case TensorProto::INT8:
    return integer(8, false);
  case TensorProto::UINT16:
    return integer(16, true);
  case TensorProto::INT16:
    return integer(16, false);
  case TensorProto::INT32:
    return integer(32, false);
  case TensorProto::INT64:
    return integer(64, false);
  case TensorProto::STRING:
    return StringType::get(context);
  case TensorProto::BOOL:
    return integer(1, false);
  case TensorProto::FLOAT16:
    return b.getF16Type();
  case TensorProto::DOUBLE:
    return b.getF64Type();
  case TensorProto::UINT32:
    return integer(32, true);
  case TensorProto::UINT64:
    return integer(64, true);
  case TensorProto::COMPLEX64:
    return ComplexType::get(b.getF32Type());
  case TensorProto::COMPLEX128:
    return ComplexType::get(b.getF64Type());
  case TensorProto::BFLOAT16:
    return b.getBF16Type();
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::UINT4:
    return integer(4, true);
  case TensorProto::INT4:
    return integer(4, false);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::UINT2:
    return integer(2, true);
  case TensorProto::INT2:
    return integer(2, false);
  case TensorProto::FLOAT6E2M3:
    return Float6E2M3FNType::get(context);
  case TensorProto::FLOAT6E3M2:
    return Float6E3M2FNType::get(context);
  default:
    return nullptr;
  }
}

Type slin::onnx::decodeElementType(MLIRContext *context, int32_t code) {
  Type type = knownElementType(context, code);
  return type ? type : ElementType::get(context, code);
}

int32_t slin::onnx::encodeElementType(Type type) {
  if (auto element = dyn_cast<ElementType>(type))
    return element.getCode();
  for (int32_t code = 1; code <= TensorProto::DataType_MAX; ++code)
    if (knownElementType(type.getContext(), code) == type)
      return code;
  return 0;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

static Type decodeShape(MLIRContext *context, Type elementType,
                        const ::onnx::TensorShapeProto &shape) {
  Builder b(context);
  SmallVector<int64_t> sizes;
  SmallVector<Attribute> dims;
  SmallVector<StringAttr> denotations;
  bool plain = true, denoted = false;
  for (const auto &dim : shape.dim()) {
    bool isSize = dim.has_dim_value() && dim.dim_value() >= 0;
    sizes.push_back(isSize ? dim.dim_value() : ShapedType::kDynamic);
    if (dim.has_dim_value())
      dims.push_back(b.getI64IntegerAttr(dim.dim_value()));
    else if (dim.has_dim_param())
      dims.push_back(b.getStringAttr(dim.dim_param()));
    else
      dims.push_back(b.getUnitAttr());
    plain &= isSize || isa<UnitAttr>(dims.back());
    denoted |= dim.has_denotation();
    denotations.push_back(
        dim.has_denotation() ? b.getStringAttr(dim.denotation()) : nullptr);
  }
  Attribute encoding;
  if (!plain || denoted)
    encoding = DimsAttr::get(context, dims,
                             denoted ? denotations : SmallVector<StringAttr>());
  return RankedTensorType::get(sizes, elementType, encoding);
}

template <typename TensorMessage>
static Type decodeTensorType(MLIRContext *context,
                             const TensorMessage &message) {
  Type elementType = decodeElementType(context, message.elem_type());
  if (!message.has_shape())
    return UnrankedTensorType::get(elementType);
  return decodeShape(context, elementType, message.shape());
}

static Type decodeValue(MLIRContext *context, const TypeProto &message) {
  switch (message.value_case()) {
  case TypeProto::kTensorType:
    return decodeTensorType(context, message.tensor_type());
  case TypeProto::kSparseTensorType:
    return SparseType::get(
        context, decodeTensorType(context, message.sparse_tensor_type()));
  case TypeProto::kSequenceType:
    return SequenceType::get(
        context, decodeType(context, message.sequence_type().elem_type()));
  case TypeProto::kOptionalType:
    return OptionalType::get(
        context, decodeType(context, message.optional_type().elem_type()));
  case TypeProto::kMapType:
    return MapType::get(
        context, decodeElementType(context, message.map_type().key_type()),
        decodeType(context, message.map_type().value_type()));
  case TypeProto::kOpaqueType:
    return OpaqueValueType::get(
        context, StringAttr::get(context, message.opaque_type().domain()),
        StringAttr::get(context, message.opaque_type().name()));
  default:
    return nullptr;
  }
}

Type slin::onnx::decodeType(MLIRContext *context, const TypeProto &message) {
  Type type = decodeValue(context, message);
  if (type && message.has_denotation())
    type = DenotedType::get(
        context, StringAttr::get(context, message.denotation()), type);
  std::string bytes = message.SerializePartialAsString();
  TypeProto again;
  if (type && encodeType(type, again) &&
      again.SerializePartialAsString() == bytes)
    return type;
  return RawType::get(context, StringAttr::get(context, bytes));
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

static void encodeDims(RankedTensorType type, ::onnx::TensorShapeProto &shape) {
  auto names = dyn_cast_or_null<DimsAttr>(type.getEncoding());
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    auto *dim = shape.add_dim();
    Attribute name = names && size_t(i) < names.getDims().size()
                         ? names.getDims()[i]
                         : Attribute();
    if (auto text = dyn_cast_or_null<StringAttr>(name))
      dim->set_dim_param(text.str());
    else if (auto size = dyn_cast_or_null<IntegerAttr>(name))
      dim->set_dim_value(size.getInt());
    else if (!type.isDynamicDim(i))
      dim->set_dim_value(type.getDimSize(i));
    if (names && size_t(i) < names.getDenotations().size() &&
        names.getDenotations()[i])
      dim->set_denotation(names.getDenotations()[i].str());
  }
}

template <typename TensorMessage>
static bool encodeTensorType(Type type, TensorMessage &message) {
  auto tensor = dyn_cast<TensorType>(type);
  if (!tensor)
    return false;
  message.set_elem_type(encodeElementType(tensor.getElementType()));
  if (auto ranked = dyn_cast<RankedTensorType>(type)) {
    message.mutable_shape();
    encodeDims(ranked, *message.mutable_shape());
  }
  return true;
}

bool slin::onnx::encodeType(Type type, TypeProto &message) {
  return TypeSwitch<Type, bool>(type)
      .Case<TensorType>([&](auto) {
        return encodeTensorType(type, *message.mutable_tensor_type());
      })
      .Case<SparseType>([&](SparseType sparse) {
        return encodeTensorType(sparse.getDenseType(),
                                *message.mutable_sparse_tensor_type());
      })
      .Case<SequenceType>([&](SequenceType sequence) {
        return encodeType(
            sequence.getElementType(),
            *message.mutable_sequence_type()->mutable_elem_type());
      })
      .Case<OptionalType>([&](OptionalType optional) {
        return encodeType(
            optional.getElementType(),
            *message.mutable_optional_type()->mutable_elem_type());
      })
      .Case<MapType>([&](MapType map) {
        message.mutable_map_type()->set_key_type(
            encodeElementType(map.getKeyType()));
        return encodeType(map.getValueType(),
                          *message.mutable_map_type()->mutable_value_type());
      })
      .Case<OpaqueValueType>([&](OpaqueValueType opaque) {
        message.mutable_opaque_type()->set_domain(opaque.getDomain().str());
        message.mutable_opaque_type()->set_name(opaque.getName().str());
        return true;
      })
      .Case<DenotedType>([&](DenotedType denoted) {
        message.set_denotation(denoted.getDenotation().str());
        return encodeType(denoted.getType(), message);
      })
      .Case<RawType>([&](RawType raw) {
        return message.ParsePartialFromString(raw.getBytes().str());
      })
      .Default([](Type) { return false; });
}
