//===- TensorCodec.cpp - TensorProto to attribute and back ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor's elements may lie in seven fields and in a file. The attribute
// holds the elements, however they were written; the field they came from is a
// detail that only the export looks at. Large `raw_data` and external data are
// never read: they become references.
//
//===----------------------------------------------------------------------===//

#include "ExportContext.h"
#include "ImportContext.h"
#include "SideInformation.h"
#include "TensorFields.h"
#include "TypeCodec.h"
#include "WireFormat.h"

#include "mlir/IR/Builders.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using ::onnx::TensorProto;

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

namespace {
/// Decodes one TensorProto.
class TensorDecoder {
public:
  TensorDecoder(ImportContext &import, const TensorProto &message,
                StringRef node)
      : import(import), context(import.context), message(message), node(node) {}

  FailureOr<Attribute> decode(bool withName);

private:
  LogicalResult error(const Twine &text) {
    return import.error(node,
                        "tensor '" + StringRef(message.name()) + "': " + text);
  }
  FailureOr<ElementsAttr> decodeElements();
  FailureOr<ElementsAttr> decodeRaw();
  FailureOr<ElementsAttr> decodeExternal();
  FailureOr<ElementsAttr> decodeStrings();
  FailureOr<ElementsAttr> decodeFields();
  FailureOr<ElementsAttr> reference(StringRef file, uint64_t offset,
                                    uint64_t length);
  LogicalResult checkLength(uint64_t found, const Twine &what);
  /// The message as it is, weights included.
  Attribute opaque();

  ImportContext &import;
  MLIRContext *context;
  const TensorProto &message;
  StringRef node;
  RankedTensorType type;
  uint64_t count = 0;
  NamedAttrList details;
};
} // namespace

/// How many of the fields that hold elements are filled.
static unsigned filledFields(const TensorProto &m) {
  return (m.has_raw_data() ? 1 : 0) + (m.float_data_size() ? 1 : 0) +
         (m.int32_data_size() ? 1 : 0) + (m.string_data_size() ? 1 : 0) +
         (m.int64_data_size() ? 1 : 0) + (m.double_data_size() ? 1 : 0) +
         (m.uint64_data_size() ? 1 : 0);
}

Attribute TensorDecoder::opaque() {
  return import.opaque(message.SerializePartialAsString(), Message::Tensor);
}

LogicalResult TensorDecoder::checkLength(uint64_t found, const Twine &what) {
  uint64_t expected = weights::bytesOf(type.getElementType(), count);
  if (found == expected)
    return success();
  std::string printed;
  llvm::raw_string_ostream(printed) << type;
  return error(what + " contradicts its shape: " + printed + " needs " +
               Twine(expected) + " bytes, found " + Twine(found));
}

FailureOr<Attribute> TensorDecoder::decode(bool withName) {
  ArrayRef<int64_t> dims(message.dims().data(), message.dims_size());
  auto elements = weights::countOf(dims);
  if (!elements || llvm::any_of(dims, [](int64_t dim) { return dim < 0; })) {
    std::string shape;
    llvm::raw_string_ostream os(shape);
    llvm::interleave(dims, os, "x");
    return error("its shape " + shape +
                 " is impossible: expected dimensions of at least 0 whose "
                 "product is a tensor");
  }
  count = *elements;
  type = RankedTensorType::get(dims,
                               decodeElementType(context, message.data_type()));
  bool external = message.data_location() == TensorProto::EXTERNAL;
  bool known =
      message.data_type() != 0 && !isa<ElementType>(type.getElementType());
  if (!known || filledFields(message) + external > 1 ||
      (!external && !message.external_data().empty()))
    return opaque();
  addString(details, "doc_string", message.has_doc_string(),
            message.doc_string(), context);
  if (withName)
    addString(details, "name", message.has_name(), message.name(), context);
  if (!message.metadata_props().empty())
    details.set("metadata_props",
                decodeEntries(context, message.metadata_props()));
  Builder b(context);
  if (message.has_segment())
    details.set("segment", b.getDenseI64ArrayAttr({message.segment().begin(),
                                                   message.segment().end()}));
  if (message.has_data_location() && !external)
    details.set("data_location", b.getI64IntegerAttr(message.data_location()));
  addUnknown(details, message.unknown_fields(), context);
  FailureOr<ElementsAttr> value = decodeElements();
  if (failed(value))
    return failure();
  if (!*value)
    return opaque();
  if (details.empty())
    return Attribute(*value);
  return Attribute(
      TensorAttr::get(context, *value, details.getDictionary(context)));
}

FailureOr<ElementsAttr> TensorDecoder::decodeElements() {
  if (message.data_location() == TensorProto::EXTERNAL)
    return decodeExternal();
  if (isa<StringType>(type.getElementType()))
    return decodeStrings();
  if (message.has_raw_data())
    return decodeRaw();
  return decodeFields();
}

/// Bytes of a file: written into the IR where they are few.
FailureOr<ElementsAttr>
TensorDecoder::reference(StringRef file, uint64_t offset, uint64_t length) {
  return ElementsAttr(WeightAttr::get(
      context, type, StringAttr::get(context, file), offset, length, 0));
}

FailureOr<ElementsAttr> TensorDecoder::decodeRaw() {
  auto token = Token::decode(message.raw_data());
  if (!token || !ModelBytes(import.bytes).holds(*token))
    return error("its raw_data cannot be read");
  if (failed(checkLength(token->length, "the length of its raw_data")))
    return failure();
  ArrayRef<char> bytes(import.bytes.data() + token->offset, token->length);
  if (count <= import.inlineElements)
    return makeLiteral(type, bytes);
  if (!import.fileName.empty())
    return reference(import.fileName, token->offset, token->length);
  std::string reason;
  auto weight = import.store.add(bytes, reason);
  if (failed(weight))
    return error(reason);
  return ElementsAttr(WeightAttr::get(context, type,
                                      StringAttr::get(context, weight->name), 0,
                                      weight->length, weight->hash));
}

FailureOr<ElementsAttr> TensorDecoder::decodeExternal() {
  std::string location;
  uint64_t offset = 0, length = 0;
  bool hasLength = false, wellFormed = true;
  SmallVector<StringRef> keys;
  for (const auto &entry : message.external_data()) {
    keys.push_back(entry.key());
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      wellFormed &= !StringRef(entry.value()).getAsInteger(10, offset);
    else if (entry.key() == "length") {
      wellFormed &= !StringRef(entry.value()).getAsInteger(10, length);
      hasLength = true;
    }
  }
  if (!wellFormed)
    return error("offset and length of its external data must be numbers");
  std::string reason;
  FailureOr<uint64_t> size = import.external.sizeOf(location, reason);
  if (failed(size))
    return error(reason);
  uint64_t expected = weights::bytesOf(type.getElementType(), count);
  if (!weights::bitsPerElement(type.getElementType()))
    return error("strings cannot be external data");
  if (!hasLength)
    length = expected;
  if (failed(checkLength(length, "the length of its external data")))
    return failure();
  if (offset > *size || length > *size - offset)
    return error("the external data file '" + StringRef(location) +
                 "' is too short: expected " + Twine(length) +
                 " bytes at offset " + Twine(offset) + ", found a file of " +
                 Twine(*size) + " bytes");
  import.external.take(location, offset, length, message.name());
  // The spelling that exporters write is the default; any other is kept.
  bool usual = keys == ArrayRef<StringRef>{"location", "offset", "length"};
  for (const auto &entry : message.external_data())
    usual &= entry.unknown_fields().empty();
  if (!usual ||
      StringRef(std::to_string(offset)) != message.external_data(1).value() ||
      StringRef(std::to_string(length)) != message.external_data(2).value())
    details.set("external_data",
                decodeEntries(context, message.external_data()));
  return reference(location, offset, length);
}

FailureOr<ElementsAttr> TensorDecoder::decodeStrings() {
  if (filledFields(message) != (message.string_data_size() ? 1u : 0u))
    return ElementsAttr();
  if (uint64_t(message.string_data_size()) != count)
    return error("the number of its strings contradicts its shape: expected " +
                 Twine(count) + ", found " + Twine(message.string_data_size()));
  if (count == 0)
    return ElementsAttr();
  SmallVector<StringRef> strings(message.string_data().begin(),
                                 message.string_data().end());
  return ElementsAttr(
      cast<ElementsAttr>(DenseStringElementsAttr::get(type, strings)));
}

//===----------------------------------------------------------------------===//
// Fields other than raw_data
//===----------------------------------------------------------------------===//

FailureOr<ElementsAttr> TensorDecoder::decodeFields() {
  Type elementType = type.getElementType();
  if (filledFields(message) == 0) {
    if (failed(checkLength(0, "the number of its elements")))
      return failure();
    details.set("encoding", StringAttr::get(context, "none"));
    return makeLiteral(type, {});
  }
  Field field = fieldOf(elementType);
  std::vector<char> bytes = bytesOfFields(message, elementType, field);
  TensorProto again;
  fillField(again, bytes, elementType, field);
  TensorProto fields = message;
  for (auto clear :
       {&TensorProto::clear_dims, &TensorProto::clear_name,
        &TensorProto::clear_doc_string, &TensorProto::clear_data_type,
        &TensorProto::clear_segment, &TensorProto::clear_data_location,
        &TensorProto::clear_metadata_props})
    (fields.*clear)();
  fields.mutable_unknown_fields()->clear();
  // Entries out of range, or in a field the element type does not prescribe.
  if (fields.SerializePartialAsString() != again.SerializePartialAsString())
    return ElementsAttr();
  if (failed(checkLength(bytes.size(), "the number of its elements")))
    return failure();
  details.set("encoding", StringAttr::get(context, nameOfField(field)));
  // Varints are no bytes of a file: the elements are kept as they were read.
  return makeLiteral(type, bytes);
}

FailureOr<Attribute> slin::onnx::decodeTensor(ImportContext &import,
                                              const TensorProto &message,
                                              StringRef node, bool withName) {
  return TensorDecoder(import, message, node).decode(withName);
}

FailureOr<Attribute>
slin::onnx::decodeSparseTensor(ImportContext &import,
                               const ::onnx::SparseTensorProto &message,
                               StringRef node, bool withName) {
  if (!message.has_values() || !message.has_indices() ||
      !message.unknown_fields().empty()) {
    return Attribute(import.opaque(message.SerializePartialAsString(),
                                   Message::SparseTensor));
  }
  FailureOr<Attribute> values =
      decodeTensor(import, message.values(), node, withName);
  FailureOr<Attribute> indices =
      decodeTensor(import, message.indices(), node, true);
  if (failed(values) || failed(indices))
    return failure();
  auto dims = DenseI64ArrayAttr::get(
      import.context,
      ArrayRef<int64_t>(message.dims().data(), message.dims_size()));
  return Attribute(
      SparseTensorAttr::get(import.context, *values, *indices, dims));
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// What `details` say, and the field the elements belong in.
static StringRef encodeDetails(DictionaryAttr details, TensorProto &message) {
  StringRef encoding;
  if (!details)
    return encoding;
  if (auto doc = details.getAs<StringAttr>("doc_string"))
    message.set_doc_string(doc.str());
  if (auto name = details.getAs<StringAttr>("name"))
    message.set_name(name.str());
  encodeEntries(details.get("metadata_props"),
                *message.mutable_metadata_props());
  auto segment = details.getAs<DenseI64ArrayAttr>("segment");
  if (segment && segment.size() == 2) {
    message.mutable_segment()->set_begin(segment[0]);
    message.mutable_segment()->set_end(segment[1]);
  }
  if (auto location = details.getAs<IntegerAttr>("data_location"))
    message.set_data_location(TensorProto::DataLocation(location.getInt()));
  encodeUnknown(details, message.mutable_unknown_fields());
  if (auto kind = details.getAs<StringAttr>("encoding"))
    encoding = kind.getValue();
  return encoding;
}

LogicalResult ExportContext::encodeTensor(Attribute attribute,
                                          TensorProto &message,
                                          const Twine &what) {
  if (auto opaque = dyn_cast<OpaqueMessageAttr>(attribute))
    return parseOpaque(opaque, Message::Tensor, message, what);
  auto detailed = dyn_cast<TensorAttr>(attribute);
  ElementsAttr elements = elementsOf(attribute);
  if (!elements)
    return error(what + " has no elements");
  StringRef encoding =
      encodeDetails(detailed ? detailed.getDetails() : nullptr, message);
  auto type = cast<ShapedType>(elements.getType());
  int32_t dataType = encodeElementType(type.getElementType());
  if (!dataType && !isa<ElementType>(type.getElementType())) {
    std::string printed;
    llvm::raw_string_ostream(printed) << type;
    return error(what + ": ONNX has no tensors of type " + printed);
  }
  for (int64_t dim : type.getShape())
    message.add_dims(dim);
  message.set_data_type(dataType);
  if (auto strings = dyn_cast<DenseStringElementsAttr>(elements)) {
    for (StringRef string : strings.getValues<StringRef>())
      message.add_string_data(string.str());
    return success();
  }
  if (encoding == "none")
    return success();
  if (encoding.empty())
    return encodeBytes(elements, detailed ? detailed.getDetails() : nullptr,
                       message, what);
  std::string reason;
  FailureOr<weights::Elements> loaded =
      weights::loadElements(elements, base, reason);
  if (failed(loaded))
    return error(what + ": " + reason);
  fillField(message, loaded->bytes, type.getElementType(),
            fieldOf(type.getElementType()));
  return success();
}

LogicalResult
ExportContext::encodeSparseTensor(Attribute attribute,
                                  ::onnx::SparseTensorProto &message,
                                  const Twine &what) {
  if (auto opaque = dyn_cast<OpaqueMessageAttr>(attribute))
    return parseOpaque(opaque, Message::SparseTensor, message, what);
  auto sparse = dyn_cast<SparseTensorAttr>(attribute);
  if (!sparse)
    return error(what + " is no sparse tensor");
  for (int64_t dim : sparse.getDims().asArrayRef())
    message.add_dims(dim);
  return failure(failed(encodeTensor(sparse.getValues(),
                                     *message.mutable_values(), what)) ||
                 failed(encodeTensor(sparse.getIndices(),
                                     *message.mutable_indices(), what)));
}
