//===- GraphImporter.cpp - GraphProto to a block --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs, initializers, outputs and recorded types. Nodes are in
// NodeImporter.cpp.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "SideInformation.h"
#include "TypeCodec.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::define(StringRef name, Value value,
                                    StringRef node) {
  if (!values.try_emplace(name, value).second)
    return import.error(
        node, "the name '" + name +
                  "' is given to two values of one graph: expected each "
                  "name once");
  return success();
}

Value GraphImporter::lookup(StringRef name) {
  for (GraphImporter *graph = this; graph; graph = graph->outer) {
    auto it = graph->values.find(name);
    if (it != graph->values.end())
      return it->second;
  }
  return {};
}

Value GraphImporter::none() {
  if (!noneValue) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(block);
    noneValue =
        NoneOp::create(builder, import.locationOf(""), builder.getNoneType());
  }
  return noneValue;
}

FailureOr<Value> GraphImporter::use(StringRef name, StringRef node) {
  if (name.empty())
    return none();
  if (Value value = lookup(name))
    return value;
  return import.error(
      node,
      "'" + name + "' is read but no input, initializer or node gives it");
}

Type GraphImporter::typeOf(StringRef name) {
  auto it = types.find(name);
  return it == types.end() ? Type(UnknownType::get(context)) : it->second;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::addInput(const std::string &name, Type type,
                                      Block *block) {
  BlockArgument argument = block->addArgument(type, import.locationOf(name));
  if (name.empty())
    return success();
  return define(name, argument, name);
}

LogicalResult
GraphImporter::importInitializers(const ::onnx::GraphProto &graph) {
  for (const auto &tensor : graph.initializer()) {
    FailureOr<Attribute> value =
        decodeTensor(import, tensor, tensor.name(), false);
    if (failed(value))
      return failure();
    ElementsAttr elements = elementsOf(*value);
    Type type =
        elements ? Type(elements.getType()) : Type(UnknownType::get(context));
    Value input = values.lookup(tensor.name());
    // Before IR version 4 every initializer was an input too.
    bool isDefault = input && isa<BlockArgument>(input);
    auto op =
        InitializerOp::create(builder, import.locationOf(tensor.name()), type,
                              builder.getStringAttr(tensor.name()), *value,
                              isDefault ? builder.getUnitAttr() : UnitAttr());
    if (!isDefault &&
        failed(define(tensor.name(), op.getResult(), tensor.name())))
      return failure();
  }
  for (const auto &sparse : graph.sparse_initializer()) {
    const std::string &name = sparse.values().name();
    FailureOr<Attribute> value =
        decodeSparseTensor(import, sparse, name, false);
    if (failed(value))
      return failure();
    auto op = SparseInitializerOp::create(builder, import.locationOf(name),
                                          typeOf(name),
                                          builder.getStringAttr(name), *value);
    if (!name.empty() && failed(define(name, op.getResult(), name)))
      return failure();
  }
  return success();
}

/// Value information that the values do not say by themselves, in order: a name
/// where the value of that name has the type, everything otherwise. Null where
/// the list is what an export makes of the values.
ArrayAttr GraphImporter::describeValues(const ValueInfos &infos,
                                        const ValueInfos *outputs) {
  SmallVector<Attribute> entries;
  SmallVector<StringRef> order;
  bool plain = true;
  llvm::StringSet<> outputNames;
  if (outputs)
    for (const auto &output : *outputs)
      outputNames.insert(output.name());
  for (const auto &info : infos) {
    Value value = values.lookup(info.name());
    bool isNodeResult = value && value.getDefiningOp<NodeOpInterface>() &&
                        !outputNames.contains(info.name());
    Type type = isNodeResult ? value.getType() : Type();
    DictionaryAttr entry = decodeValueInfo(context, info, type);
    if (isNodeResult && entry.size() == 1 && !isa<UnknownType>(type))
      entries.push_back(builder.getStringAttr(info.name()));
    else
      entries.push_back(entry);
    plain &= isa<StringAttr>(entries.back());
    order.push_back(info.name());
  }
  SmallVector<StringRef> expected;
  SmallVector<std::string> names;
  for (Value value : results)
    names.push_back(nameOf(value));
  for (auto [value, name] : llvm::zip(results, names))
    if (!isa<UnknownType>(value.getType()) && !outputNames.contains(name))
      expected.push_back(name);
  if (plain && expected == order)
    return nullptr;
  return builder.getArrayAttr(entries);
}

LogicalResult
GraphImporter::collectOutputs(const ValueInfos &outputs,
                              SmallVectorImpl<Value> &results,
                              SmallVectorImpl<Attribute> &descriptions) {
  for (const auto &output : outputs) {
    FailureOr<Value> value = use(output.name(), output.name());
    if (failed(value))
      return failure();
    results.push_back(*value);
    descriptions.push_back(decodeValueInfo(context, output, value->getType()));
  }
  return success();
}

LogicalResult GraphImporter::importGraph(const ::onnx::GraphProto &graph,
                                         Block *target,
                                         SmallVectorImpl<Value> &graphResults,
                                         Description &description) {
  block = target;
  builder.setInsertionPointToEnd(block);
  for (const auto &info : graph.value_info())
    if (info.has_type())
      types[info.name()] = decodeType(context, info.type());
  for (const auto &output : graph.output())
    if (output.has_type())
      types[output.name()] = decodeType(context, output.type());
  for (const auto &input : graph.input()) {
    Type type = input.has_type() ? decodeType(context, input.type())
                                 : Type(UnknownType::get(context));
    if (failed(addInput(input.name(), type, block)))
      return failure();
    description.inputs.push_back(decodeValueInfo(context, input, type));
  }
  if (failed(importInitializers(graph)) || failed(importNodes(graph.node())) ||
      failed(collectOutputs(graph.output(), graphResults, description.outputs)))
    return failure();
  NamedAttrList info;
  addString(info, "name", graph.has_name(), graph.name(), context);
  addString(info, "doc_string", graph.has_doc_string(), graph.doc_string(),
            context);
  if (!graph.metadata_props().empty())
    info.set("metadata_props", decodeEntries(context, graph.metadata_props()));
  if (!graph.quantization_annotation().empty())
    info.set("quantization_annotation",
             decodeAnnotations(context, graph.quantization_annotation()));
  if (ArrayAttr list = describeValues(graph.value_info(), &graph.output()))
    info.set("value_info", list);
  addUnknown(info, graph.unknown_fields(), context);
  description.graph = info.getDictionary(context);
  return success();
}

LogicalResult GraphImporter::importFunction(
    const ::onnx::FunctionProto &function, Block *target,
    SmallVectorImpl<Value> &functionResults, NamedAttrList &description) {
  block = target;
  builder.setInsertionPointToEnd(block);
  for (const auto &info : function.value_info())
    if (info.has_type())
      types[info.name()] = decodeType(context, info.type());
  for (const std::string &input : function.input())
    if (failed(addInput(input, typeOf(input), block)))
      return failure();
  if (failed(importNodes(function.node())))
    return failure();
  for (const std::string &output : function.output()) {
    FailureOr<Value> value = use(output, output);
    if (failed(value))
      return failure();
    functionResults.push_back(*value);
  }
  if (ArrayAttr list = describeValues(function.value_info(), nullptr))
    description.set("value_info", list);
  return success();
}
