//===- AttributeCodec.cpp - AttributeProto to attribute and back ----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values are builtin attributes wherever these keep every bit; the rest has
// attributes of the dialect. Messages whose type and fields contradict each
// other are kept as bytes.
//
//===----------------------------------------------------------------------===//

#include "ExportContext.h"
#include "ImportContext.h"
#include "SideInformation.h"
#include "TypeCodec.h"

#include "mlir/IR/Builders.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace slin::onnx;
using ::onnx::AttributeProto;

/// The kinds whose fields hold something. A well-formed message has one.
static SmallVector<int> filledKinds(const AttributeProto &m) {
  SmallVector<int> kinds;
  auto add = [&](bool filled, int kind) {
    if (filled)
      kinds.push_back(kind);
  };
  add(m.has_f(), AttributeProto::FLOAT);
  add(m.has_i(), AttributeProto::INT);
  add(m.has_s(), AttributeProto::STRING);
  add(m.has_t(), AttributeProto::TENSOR);
  add(m.has_g(), AttributeProto::GRAPH);
  add(m.has_sparse_tensor(), AttributeProto::SPARSE_TENSOR);
  add(m.has_tp(), AttributeProto::TYPE_PROTO);
  add(m.floats_size(), AttributeProto::FLOATS);
  add(m.ints_size(), AttributeProto::INTS);
  add(m.strings_size(), AttributeProto::STRINGS);
  add(m.tensors_size(), AttributeProto::TENSORS);
  add(m.graphs_size(), AttributeProto::GRAPHS);
  add(m.sparse_tensors_size(), AttributeProto::SPARSE_TENSORS);
  add(m.type_protos_size(), AttributeProto::TYPE_PROTOS);
  return kinds;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

static FailureOr<Attribute> decodeList(ImportContext &import,
                                       const AttributeProto &m, int kind,
                                       StringRef node) {
  SmallVector<Attribute> elements;
  auto add = [&](FailureOr<Attribute> element) {
    elements.push_back(succeeded(element) ? *element : Attribute());
    return succeeded(element);
  };
  for (const auto &tensor : m.tensors())
    if (!add(decodeTensor(import, tensor, node, true)))
      return failure();
  for (const auto &tensor : m.sparse_tensors())
    if (!add(decodeSparseTensor(import, tensor, node, true)))
      return failure();
  for (const auto &type : m.type_protos())
    elements.push_back(TypeAttr::get(decodeType(import.context, type)));
  return Attribute(ListAttr::get(import.context, kind,
                                 ArrayAttr::get(import.context, elements)));
}

static FailureOr<Attribute> decodeValue(ImportContext &import,
                                        const AttributeProto &m, int kind,
                                        StringRef node) {
  Builder b(import.context);
  switch (kind) {
  case AttributeProto::FLOAT:
    return Attribute(FloatAttr::get(b.getF32Type(), APFloat(m.f())));
  case AttributeProto::INT:
    return Attribute(b.getI64IntegerAttr(m.i()));
  case AttributeProto::STRING:
    return Attribute(b.getStringAttr(m.s()));
  case AttributeProto::TENSOR:
    return decodeTensor(import, m.t(), node, true);
  case AttributeProto::SPARSE_TENSOR:
    return decodeSparseTensor(import, m.sparse_tensor(), node, true);
  case AttributeProto::TYPE_PROTO:
    return Attribute(TypeAttr::get(decodeType(import.context, m.tp())));
  case AttributeProto::FLOATS:
    return Attribute(b.getDenseF32ArrayAttr(
        ArrayRef<float>(m.floats().data(), m.floats_size())));
  case AttributeProto::INTS:
    return Attribute(b.getDenseI64ArrayAttr(
        ArrayRef<int64_t>(m.ints().data(), m.ints_size())));
  case AttributeProto::STRINGS: {
    SmallVector<Attribute> strings;
    for (const std::string &string : m.strings())
      strings.push_back(b.getStringAttr(string));
    return Attribute(b.getArrayAttr(strings));
  }
  default:
    return decodeList(import, m, kind, node);
  }
}

FailureOr<Attribute> slin::onnx::decodeAttribute(ImportContext &import,
                                                 const AttributeProto &m,
                                                 StringRef node) {
  MLIRContext *context = import.context;
  auto opaque = [&] {
    return Attribute(
        import.opaque(m.SerializePartialAsString(), Message::Attribute));
  };
  SmallVector<int> kinds = filledKinds(m);
  if (m.has_ref_attr_name()) {
    if (!kinds.empty() || m.has_doc_string() || !m.unknown_fields().empty() ||
        !m.has_type())
      return opaque();
    return Attribute(ReferenceAttr::get(
        context, StringAttr::get(context, m.ref_attr_name()), m.type()));
  }
  bool isList = m.type() >= AttributeProto::FLOATS &&
                m.type() != AttributeProto::SPARSE_TENSOR &&
                m.type() != AttributeProto::TYPE_PROTO;
  // Files from before the type field have none; the filled field is the kind.
  int kind = kinds.empty() ? int(m.type()) : kinds.front();
  bool emptyList = kinds.empty() && isList && m.has_type();
  if (kinds.size() > 1 || (kinds.empty() && !emptyList) ||
      !m.unknown_fields().empty() || kind == AttributeProto::GRAPH ||
      (kind == AttributeProto::GRAPHS && !emptyList))
    return opaque();
  FailureOr<Attribute> value =
      emptyList && (kind == AttributeProto::STRINGS ||
                    kind >= AttributeProto::TENSORS)
          ? FailureOr<Attribute>(
                ListAttr::get(context, kind, ArrayAttr::get(context, {})))
          : decodeValue(import, m, kind, node);
  if (failed(value))
    return failure();
  if (isa<OpaqueMessageAttr>(*value))
    return opaque();
  NamedAttrList details;
  addString(details, "doc_string", m.has_doc_string(), m.doc_string(), context);
  if (!m.has_type() || m.type() != kind)
    details.set("type", Builder(context).getI64IntegerAttr(
                            m.has_type() ? int64_t(m.type()) : -1));
  if (details.empty())
    return value;
  return Attribute(
      AnnotatedAttr::get(context, *value, details.getDictionary(context)));
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

LogicalResult ExportContext::encodeAttribute(Attribute attribute,
                                             AttributeProto &m,
                                             const Twine &what) {
  auto typed = [&](AttributeProto::AttributeType type) {
    m.set_type(type);
    return success();
  };
  auto refused = [&](Attribute value) -> LogicalResult {
    std::string printed;
    llvm::raw_string_ostream(printed) << value;
    return error(what + ": ONNX has no attribute for " + printed);
  };
  auto list = [&](ListAttr list) -> LogicalResult {
    for (Attribute element : list.getElements()) {
      LogicalResult result = success();
      if (list.getKind() == AttributeProto::TENSORS)
        result = encodeTensor(element, *m.add_tensors(), what);
      else if (list.getKind() == AttributeProto::SPARSE_TENSORS)
        result = encodeSparseTensor(element, *m.add_sparse_tensors(), what);
      else if (auto type = dyn_cast<TypeAttr>(element);
               type && list.getKind() == AttributeProto::TYPE_PROTOS)
        encodeType(type.getValue(), *m.add_type_protos());
      else
        return refused(list);
      if (failed(result))
        return failure();
    }
    return typed(AttributeProto::AttributeType(list.getKind()));
  };
  return TypeSwitch<Attribute, LogicalResult>(attribute)
      .Case<OpaqueMessageAttr>([&](OpaqueMessageAttr opaque) {
        std::string name = m.name();
        LogicalResult result = parseOpaque(opaque, Message::Attribute, m, what);
        m.set_name(name);
        return result;
      })
      .Case<AnnotatedAttr>([&](AnnotatedAttr annotated) -> LogicalResult {
        LogicalResult result = encodeAttribute(annotated.getValue(), m, what);
        if (auto doc = annotated.getDetails().getAs<StringAttr>("doc_string"))
          m.set_doc_string(doc.str());
        if (auto type = annotated.getDetails().getAs<IntegerAttr>("type")) {
          m.clear_type();
          if (type.getInt() >= 0)
            m.set_type(AttributeProto::AttributeType(type.getInt()));
        }
        return result;
      })
      .Case<ReferenceAttr>([&](ReferenceAttr reference) {
        m.set_ref_attr_name(reference.getName().str());
        return typed(AttributeProto::AttributeType(reference.getKind()));
      })
      .Case<FloatAttr>([&](FloatAttr value) -> LogicalResult {
        APFloat number = value.getValue();
        bool lossy = false;
        number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                       &lossy);
        if (lossy)
          return refused(value);
        m.set_f(number.convertToFloat());
        return typed(AttributeProto::FLOAT);
      })
      .Case<IntegerAttr>([&](IntegerAttr value) -> LogicalResult {
        APInt number = value.getValue();
        bool isUnsigned =
            number.getBitWidth() == 1 || value.getType().isUnsignedInteger();
        if (isUnsigned ? number.getActiveBits() > 63
                       : number.getSignificantBits() > 64)
          return refused(value);
        m.set_i(isUnsigned ? number.getZExtValue() : number.getSExtValue());
        return typed(AttributeProto::INT);
      })
      .Case<StringAttr>([&](StringAttr value) {
        m.set_s(value.str());
        return typed(AttributeProto::STRING);
      })
      .Case<TypeAttr>([&](TypeAttr value) -> LogicalResult {
        if (!encodeType(value.getValue(), *m.mutable_tp()) &&
            !isa<UnknownType>(value.getValue()))
          return refused(value);
        return typed(AttributeProto::TYPE_PROTO);
      })
      .Case<DenseF32ArrayAttr>([&](DenseF32ArrayAttr values) {
        m.mutable_floats()->Add(values.asArrayRef().begin(),
                                values.asArrayRef().end());
        return typed(AttributeProto::FLOATS);
      })
      .Case<DenseI64ArrayAttr>([&](DenseI64ArrayAttr values) {
        m.mutable_ints()->Add(values.asArrayRef().begin(),
                              values.asArrayRef().end());
        return typed(AttributeProto::INTS);
      })
      .Case<ArrayAttr>([&](ArrayAttr strings) -> LogicalResult {
        for (Attribute string : strings) {
          if (!isa<StringAttr>(string))
            return error(what + ": a list must hold strings");
          m.add_strings(cast<StringAttr>(string).str());
        }
        return typed(AttributeProto::STRINGS);
      })
      .Case<ListAttr>(list)
      .Case<SparseTensorAttr>([&](SparseTensorAttr sparse) -> LogicalResult {
        m.set_type(AttributeProto::SPARSE_TENSOR);
        return encodeSparseTensor(sparse, *m.mutable_sparse_tensor(), what);
      })
      .Case<TensorAttr, ElementsAttr>([&](Attribute tensor) -> LogicalResult {
        m.set_type(AttributeProto::TENSOR);
        return encodeTensor(tensor, *m.mutable_t(), what);
      })
      .Default(refused);
}
