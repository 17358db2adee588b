//===- SideInformation.cpp - What stands beside the nodes -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each message has a pair of functions, and one template checks that the pair
// gives the message back. A field that a later release adds turns up as an
// unknown field, fails the check, and travels as bytes.
//
//===----------------------------------------------------------------------===//

#include "SideInformation.h"
#include "TypeCodec.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace slin::onnx;
using google::protobuf::RepeatedPtrField;

/// Decodes a list of messages; what does not come back equal stays opaque.
template <typename Message>
static ArrayAttr decodeList(MLIRContext *context,
                            const RepeatedPtrField<Message> &messages,
                            Attribute (*decode)(MLIRContext *, const Message &),
                            void (*encode)(Attribute, Message &)) {
  SmallVector<Attribute> result;
  for (const Message &message : messages) {
    std::string bytes = message.SerializePartialAsString();
    Attribute attribute = decode(context, message);
    Message again;
    if (attribute)
      encode(attribute, again);
    if (!attribute || again.SerializePartialAsString() != bytes)
      attribute =
          OpaqueMessageAttr::get(context, StringAttr::get(context, bytes));
    result.push_back(attribute);
  }
  return ArrayAttr::get(context, result);
}

template <typename Message>
static void encodeList(ArrayAttr attributes,
                       RepeatedPtrField<Message> &messages,
                       void (*encode)(Attribute, Message &)) {
  if (!attributes)
    return;
  for (Attribute attribute : attributes) {
    Message &message = *messages.Add();
    if (auto opaque = dyn_cast<OpaqueMessageAttr>(attribute))
      message.ParsePartialFromString(opaque.getBytes().str());
    else
      encode(attribute, message);
  }
}

static std::string text(Attribute attribute) {
  auto string = dyn_cast_or_null<StringAttr>(attribute);
  return string ? string.str() : std::string();
}

static int64_t number(Attribute attribute) {
  auto integer = dyn_cast_or_null<IntegerAttr>(attribute);
  return integer ? integer.getInt() : 0;
}

static Attribute element(Attribute array, unsigned index) {
  auto elements = dyn_cast_or_null<ArrayAttr>(array);
  return elements && index < elements.size() ? elements[index] : Attribute();
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

static Attribute decodeEntry(MLIRContext *context,
                             const ::onnx::StringStringEntryProto &entry) {
  Builder b(context);
  return b.getArrayAttr(
      {b.getStringAttr(entry.key()), b.getStringAttr(entry.value())});
}

static void encodeEntry(Attribute attribute,
                        ::onnx::StringStringEntryProto &entry) {
  entry.set_key(text(element(attribute, 0)));
  entry.set_value(text(element(attribute, 1)));
}

ArrayAttr slin::onnx::decodeEntries(MLIRContext *context,
                                    const Entries &entries) {
  return decodeList(context, entries, decodeEntry, encodeEntry);
}

void slin::onnx::encodeEntries(Attribute attribute, Entries &entries) {
  encodeList(dyn_cast_or_null<ArrayAttr>(attribute), entries, encodeEntry);
}

//===----------------------------------------------------------------------===//
// Value information
//===----------------------------------------------------------------------===//

DictionaryAttr
slin::onnx::decodeValueInfo(MLIRContext *context,
                            const ::onnx::ValueInfoProto &message,
                            Type impliedType) {
  NamedAttrList details, result;
  addString(details, "doc_string", message.has_doc_string(),
            message.doc_string(), context);
  if (!message.metadata_props().empty())
    details.set("metadata_props",
                decodeEntries(context, message.metadata_props()));
  Type type = message.has_type() ? decodeType(context, message.type())
                                 : UnknownType::get(context);
  if (type != impliedType)
    details.set("type", TypeAttr::get(type));
  addUnknown(details, message.unknown_fields(), context);
  addString(result, names::kName, message.has_name(), message.name(), context);
  if (!details.empty())
    result.set(names::kDetails, details.getDictionary(context));
  return result.getDictionary(context);
}

void slin::onnx::encodeValueInfo(DictionaryAttr attribute, Type impliedType,
                                 ::onnx::ValueInfoProto &message) {
  auto details = attribute.getAs<DictionaryAttr>(names::kDetails);
  auto name = attribute.getAs<StringAttr>(names::kName);
  if (name)
    message.set_name(name.str());
  Type type = impliedType;
  if (details) {
    if (auto recorded = details.getAs<TypeAttr>("type"))
      type = recorded.getValue();
    if (auto doc = details.getAs<StringAttr>("doc_string"))
      message.set_doc_string(doc.str());
    encodeEntries(details.get("metadata_props"),
                  *message.mutable_metadata_props());
    encodeUnknown(details, message.mutable_unknown_fields());
  }
  ::onnx::TypeProto encoded;
  if (encodeType(type, encoded))
    *message.mutable_type() = std::move(encoded);
}

void slin::onnx::addUnknown(NamedAttrList &attributes,
                            const std::string &fields, MLIRContext *context) {
  if (!fields.empty())
    attributes.set(
        "unknown_fields",
        OpaqueMessageAttr::get(context, StringAttr::get(context, fields)));
}

void slin::onnx::encodeUnknown(DictionaryAttr attributes, std::string *fields) {
  if (auto opaque = attributes
                        ? attributes.getAs<OpaqueMessageAttr>("unknown_fields")
                        : nullptr)
    *fields = opaque.getBytes().str();
}

//===----------------------------------------------------------------------===//
// Operator sets
//===----------------------------------------------------------------------===//

static Attribute decodeOpset(MLIRContext *context,
                             const ::onnx::OperatorSetIdProto &message) {
  Builder b(context);
  // A unit stands for a domain field that is absent rather than empty.
  Attribute domain = message.has_domain()
                         ? Attribute(b.getStringAttr(message.domain()))
                         : b.getUnitAttr();
  return b.getArrayAttr({domain, b.getI64IntegerAttr(message.version())});
}

static void encodeOpset(Attribute attribute,
                        ::onnx::OperatorSetIdProto &message) {
  if (auto domain = dyn_cast_or_null<StringAttr>(element(attribute, 0)))
    message.set_domain(domain.str());
  message.set_version(number(element(attribute, 1)));
}

ArrayAttr slin::onnx::decodeOpsets(
    MLIRContext *context,
    const RepeatedPtrField<::onnx::OperatorSetIdProto> &messages) {
  return decodeList(context, messages, decodeOpset, encodeOpset);
}

void slin::onnx::encodeOpsets(
    ArrayAttr attribute,
    RepeatedPtrField<::onnx::OperatorSetIdProto> &messages) {
  encodeList(attribute, messages, encodeOpset);
}

//===----------------------------------------------------------------------===//
// Quantization annotations
//===----------------------------------------------------------------------===//

static Attribute decodeAnnotation(MLIRContext *context,
                                  const ::onnx::TensorAnnotation &message) {
  Builder b(context);
  return b.getArrayAttr(
      {b.getStringAttr(message.tensor_name()),
       decodeEntries(context, message.quant_parameter_tensor_names())});
}

static void encodeAnnotation(Attribute attribute,
                             ::onnx::TensorAnnotation &message) {
  message.set_tensor_name(text(element(attribute, 0)));
  encodeEntries(element(attribute, 1),
                *message.mutable_quant_parameter_tensor_names());
}

ArrayAttr slin::onnx::decodeAnnotations(
    MLIRContext *context,
    const RepeatedPtrField<::onnx::TensorAnnotation> &messages) {
  return decodeList(context, messages, decodeAnnotation, encodeAnnotation);
}

void slin::onnx::encodeAnnotations(
    ArrayAttr attribute, RepeatedPtrField<::onnx::TensorAnnotation> &messages) {
  encodeList(attribute, messages, encodeAnnotation);
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

static Attribute decodeDevice(MLIRContext *context,
                              const ::onnx::DeviceConfigurationProto &message) {
  Builder b(context);
  SmallVector<Attribute> devices;
  for (const std::string &device : message.device())
    devices.push_back(b.getStringAttr(device));
  return b.getArrayAttr({b.getStringAttr(message.name()),
                         b.getI64IntegerAttr(message.num_devices()),
                         b.getArrayAttr(devices)});
}

static void encodeDevice(Attribute attribute,
                         ::onnx::DeviceConfigurationProto &message) {
  message.set_name(text(element(attribute, 0)));
  message.set_num_devices(number(element(attribute, 1)));
  if (auto devices = dyn_cast_or_null<ArrayAttr>(element(attribute, 2)))
    for (Attribute device : devices)
      message.add_device(text(device));
}

ArrayAttr slin::onnx::decodeDevices(
    MLIRContext *context,
    const RepeatedPtrField<::onnx::DeviceConfigurationProto> &messages) {
  return decodeList(context, messages, decodeDevice, encodeDevice);
}

void slin::onnx::encodeDevices(
    ArrayAttr attribute,
    RepeatedPtrField<::onnx::DeviceConfigurationProto> &messages) {
  encodeList(attribute, messages, encodeDevice);
}

/// `[axis, [[size or name, shards], …]]` of a sharded dimension.
static Attribute decodeShardedDim(MLIRContext *context,
                                  const ::onnx::ShardedDimProto &message) {
  Builder b(context);
  SmallVector<Attribute> parts;
  for (const auto &part : message.simple_sharding()) {
    Attribute size = b.getUnitAttr();
    if (part.has_dim_value())
      size = b.getI64IntegerAttr(part.dim_value());
    else if (part.has_dim_param())
      size = b.getStringAttr(part.dim_param());
    parts.push_back(
        b.getArrayAttr({size, b.getI64IntegerAttr(part.num_shards())}));
  }
  return b.getArrayAttr(
      {b.getI64IntegerAttr(message.axis()), b.getArrayAttr(parts)});
}

static void encodeShardedDim(Attribute attribute,
                             ::onnx::ShardedDimProto &message) {
  message.set_axis(number(element(attribute, 0)));
  auto parts = dyn_cast_or_null<ArrayAttr>(element(attribute, 1));
  for (Attribute part : parts ? parts.getValue() : ArrayRef<Attribute>()) {
    auto *sharding = message.add_simple_sharding();
    if (auto size = dyn_cast_or_null<IntegerAttr>(element(part, 0)))
      sharding->set_dim_value(size.getInt());
    else if (auto name = dyn_cast_or_null<StringAttr>(element(part, 0)))
      sharding->set_dim_param(name.str());
    sharding->set_num_shards(number(element(part, 1)));
  }
}

/// `[tensor, [devices], [[group, [devices]], …], [dims]]`.
static Attribute decodeSharding(MLIRContext *context,
                                const ::onnx::ShardingSpecProto &message) {
  Builder b(context);
  SmallVector<Attribute> groups, dims;
  for (const auto &group : message.index_to_device_group_map())
    groups.push_back(
        b.getArrayAttr({b.getI64IntegerAttr(group.key()),
                        b.getDenseI64ArrayAttr(ArrayRef<int64_t>(
                            group.value().data(), group.value_size()))}));
  for (const auto &dim : message.sharded_dim())
    dims.push_back(decodeShardedDim(context, dim));
  return b.getArrayAttr({b.getStringAttr(message.tensor_name()),
                         b.getDenseI64ArrayAttr(ArrayRef<int64_t>(
                             message.device().data(), message.device_size())),
                         b.getArrayAttr(groups), b.getArrayAttr(dims)});
}

static void encodeSharding(Attribute attribute,
                           ::onnx::ShardingSpecProto &message) {
  message.set_tensor_name(text(element(attribute, 0)));
  if (auto devices = dyn_cast_or_null<DenseI64ArrayAttr>(element(attribute, 1)))
    message.mutable_device()->Add(devices.asArrayRef().begin(),
                                  devices.asArrayRef().end());
  if (auto groups = dyn_cast_or_null<ArrayAttr>(element(attribute, 2)))
    for (Attribute group : groups) {
      auto *entry = message.add_index_to_device_group_map();
      entry->set_key(number(element(group, 0)));
      if (auto devices = dyn_cast_or_null<DenseI64ArrayAttr>(element(group, 1)))
        entry->mutable_value()->Add(devices.asArrayRef().begin(),
                                    devices.asArrayRef().end());
    }
  if (auto dims = dyn_cast_or_null<ArrayAttr>(element(attribute, 3)))
    for (Attribute dim : dims)
      encodeShardedDim(dim, *message.add_sharded_dim());
}

static Attribute
decodeNodeDevice(MLIRContext *context,
                 const ::onnx::NodeDeviceConfigurationProto &message) {
  Builder b(context);
  SmallVector<Attribute> shardings;
  for (const auto &sharding : message.sharding_spec())
    shardings.push_back(decodeSharding(context, sharding));
  Attribute stage = b.getUnitAttr();
  if (message.has_pipeline_stage())
    stage = b.getI64IntegerAttr(message.pipeline_stage());
  return b.getArrayAttr({b.getStringAttr(message.configuration_id()),
                         b.getArrayAttr(shardings), stage});
}

static void encodeNodeDevice(Attribute attribute,
                             ::onnx::NodeDeviceConfigurationProto &message) {
  message.set_configuration_id(text(element(attribute, 0)));
  if (auto shardings = dyn_cast_or_null<ArrayAttr>(element(attribute, 1)))
    for (Attribute sharding : shardings)
      encodeSharding(sharding, *message.add_sharding_spec());
  if (auto stage = dyn_cast_or_null<IntegerAttr>(element(attribute, 2)))
    message.set_pipeline_stage(stage.getInt());
}

ArrayAttr slin::onnx::decodeNodeDevices(
    MLIRContext *context,
    const RepeatedPtrField<::onnx::NodeDeviceConfigurationProto> &messages) {
  return decodeList(context, messages, decodeNodeDevice, encodeNodeDevice);
}

void slin::onnx::encodeNodeDevices(
    ArrayAttr attribute,
    RepeatedPtrField<::onnx::NodeDeviceConfigurationProto> &messages) {
  encodeList(attribute, messages, encodeNodeDevice);
}
