//===- GraphExporter.cpp - A block to a GraphProto ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names come from the ops, except that the outputs of a graph are the model's
// interface: whatever a pass did, the value that is returned is written under
// the output's name.
//
//===----------------------------------------------------------------------===//

#include "GraphExporter.h"
#include "SideInformation.h"
#include "TypeCodec.h"

using namespace mlir;
using namespace slin::onnx;
using ::onnx::NodeProto;

std::string GraphExporter::name(Value value) {
  auto it = imposed.find(value);
  return it == imposed.end() ? nameOf(value) : it->second;
}

static std::string printed(Attribute attribute) {
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

static StringRef recordedName(Attribute description) {
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(description);
  auto name = dictionary ? dictionary.getAs<StringAttr>(names::kName) : nullptr;
  return name ? name.getValue() : StringRef();
}

/// Lets each returned value be written under its output's name.
LogicalResult GraphExporter::nameOutputs(Block &block,
                                         ArrayRef<Attribute> outputs) {
  Operation *terminator = block.getTerminator();
  if (terminator->getNumOperands() != outputs.size())
    return context.error(
        "a graph must describe each of its outputs, expected " +
        Twine(terminator->getNumOperands()) + ", found " +
        Twine(outputs.size()));
  for (auto [value, description] :
       llvm::zip(terminator->getOperands(), outputs)) {
    std::string output = recordedName(description).str();
    outputNames.insert(output);
    std::string own = name(value);
    if (own == output)
      continue;
    bool canRename = value.getDefiningOp<NodeOpInterface>() &&
                     value.getParentBlock() == &block && !imposed.count(value);
    if (canRename)
      imposed[value] = output;
    else
      copies.emplace_back(own, output);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

static SmallVector<Attribute> elementsOfList(DictionaryAttr dictionary,
                                             StringRef key) {
  auto array = dictionary ? dictionary.getAs<ArrayAttr>(key) : nullptr;
  return array ? llvm::to_vector(array.getValue()) : SmallVector<Attribute>();
}

LogicalResult GraphExporter::exportSubgraphs(NodeOp node, NodeProto &message) {
  if (!node.getGraphs())
    return success();
  for (auto [region, attribute] :
       llvm::zip(node->getRegions(), *node.getGraphs())) {
    auto info = dyn_cast<DictionaryAttr>(attribute);
    auto name = info ? info.getAs<StringAttr>("attribute") : nullptr;
    if (!name || region.empty())
      return context.error("'graphs' of node '" +
                           node.getNodeName().value_or("") +
                           "' must name the attribute of each subgraph");
    ::onnx::AttributeProto *target = nullptr;
    for (auto &existing : *message.mutable_attribute())
      if (existing.name() == name.getValue())
        target = &existing;
    if (!target) {
      target = message.add_attribute();
      target->set_name(name.str());
    }
    bool inList = info.get("list") != nullptr;
    target->set_type(inList ? ::onnx::AttributeProto::GRAPHS
                            : ::onnx::AttributeProto::GRAPH);
    auto inner = std::make_unique<GraphExporter>(context);
    // Names that an outer output imposes hold inside as well.
    inner->imposed = imposed;
    if (failed(inner->exportGraph(
            region.front(), elementsOfList(info, "inputs"),
            elementsOfList(info, "outputs"), info,
            inList ? *target->add_graphs() : *target->mutable_g())))
      return failure();
  }
  return success();
}

LogicalResult GraphExporter::exportNode(NodeOpInterface node,
                                        NodeProto &message) {
  Operation *op = node.getOperation();
  auto generic = dyn_cast<NodeOp>(op);
  for (Value operand : op->getOperands())
    message.add_input(operand.getDefiningOp<NoneOp>() ? std::string()
                                                      : name(operand));
  for (OpResult result : op->getResults())
    message.add_output(name(result));
  if (StringAttr nodeName = node.getNodeNameAttr())
    message.set_name(nodeName.str());
  message.set_op_type(node.getOpType().str());
  DictionaryAttr info = node.getNodeInfo();
  if (generic) {
    if (generic.getDomainName())
      message.set_domain(generic.getDomainName()->str());
    if (generic.getOverload())
      message.set_overload(generic.getOverload()->str());
  } else if (!node.getDomain().empty()) {
    message.set_domain(node.getDomain().str());
  } else if (auto domain = info.getAs<StringAttr>("domain")) {
    message.set_domain(domain.str());
  }
  if (auto doc = dyn_cast_or_null<StringAttr>(
          context.resolveMetadata(info.get("doc_string"))))
    message.set_doc_string(doc.str());
  encodeEntries(context.resolveMetadata(info.get("metadata_props")),
                *message.mutable_metadata_props());
  encodeNodeDevices(info.getAs<ArrayAttr>("device_configurations"),
                    *message.mutable_device_configurations());
  encodeUnknown(info, message.mutable_unknown_fields());
  for (NamedAttribute attribute : node.getNodeAttributes()) {
    auto *target = message.add_attribute();
    target->set_name(attribute.getName().str());
    if (failed(context.encodeAttribute(
            attribute.getValue(), *target,
            "attribute '" + attribute.getName().getValue() + "' of node '" +
                node.getNodeName() + "'")))
      return failure();
  }
  return generic ? exportSubgraphs(generic, message) : success();
}

LogicalResult GraphExporter::exportNodes(Block &block, Nodes &nodes,
                                         ::onnx::GraphProto *graph) {
  for (Operation &op : block.without_terminator()) {
    if (isa<NoneOp>(op))
      continue;
    if (auto node = dyn_cast<NodeOpInterface>(op)) {
      if (failed(exportNode(node, *nodes.Add())))
        return failure();
      continue;
    }
    auto initializer = dyn_cast<InitializerOp>(op);
    auto sparse = dyn_cast<SparseInitializerOp>(op);
    if (!initializer && !sparse)
      return op.emitError()
             << "'" << op.getName()
             << "' cannot be written as ONNX: convert it back first "
             << "(--slin-to-onnx)";
    if (!graph)
      return op.emitError() << "'" << op.getName()
                            << "' cannot be written as ONNX: a function has no "
                               "initializers, use onnx.Constant";
    if (initializer) {
      ::onnx::TensorProto *tensor = graph->add_initializer();
      if (failed(
              context.encodeTensor(initializer.getValue(), *tensor,
                                   "tensor '" + initializer.getName() + "'")))
        return failure();
      tensor->set_name(initializer.getName().str());
      continue;
    }
    auto *tensor = graph->add_sparse_initializer();
    if (failed(context.encodeSparseTensor(sparse.getValue(), *tensor,
                                          "tensor '" + sparse.getName() + "'")))
      return failure();
    if (isa<SparseTensorAttr>(sparse.getValue()))
      tensor->mutable_values()->set_name(sparse.getName().str());
  }
  for (auto &[from, to] : copies) {
    NodeProto *identity = nodes.Add();
    identity->set_op_type("Identity");
    identity->set_name(to + "_identity");
    identity->add_input(from);
    identity->add_output(to);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

/// The names of values of a block whose model was rewritten; nothing of a model
/// that is as it was, which may describe values that it does not have.
static std::optional<llvm::StringSet<>> remainingNames(Block &block) {
  auto module = block.getParentOp()->getParentOfType<ModuleOp>();
  if (!module || !module->hasAttr(names::kRewritten))
    return std::nullopt;
  llvm::StringSet<> remaining;
  for (Operation &op : block.without_terminator())
    for (Value result : op.getResults())
      remaining.insert(nameOf(result));
  for (Value argument : block.getArguments())
    remaining.insert(nameOf(argument));
  return remaining;
}

void GraphExporter::exportValueInfos(Block &block, DictionaryAttr info,
                                     ValueInfos &messages) {
  llvm::StringMap<Type> recorded;
  auto remaining = remainingNames(block);
  auto list = info ? info.getAs<ArrayAttr>("value_info") : nullptr;
  for (Operation &op : block.without_terminator()) {
    if (!isa<NodeOpInterface>(op))
      continue;
    for (Value result : op.getResults()) {
      std::string valueName = name(result);
      if (valueName.empty() || outputNames.contains(valueName) ||
          isa<UnknownType, NoneType>(result.getType()) ||
          op.hasAttr(names::kInferred))
        continue;
      recorded[valueName] = result.getType();
      if (list)
        continue;
      auto *message = messages.Add();
      message->set_name(valueName);
      encodeType(result.getType(), *message->mutable_type());
    }
  }
  if (!list)
    return;
  for (Attribute entry : list) {
    if (auto dictionary = dyn_cast<DictionaryAttr>(entry)) {
      if (remaining && !remaining->contains(recordedName(dictionary)))
        continue; // the weight is gone
      Type type = recorded.lookup(recordedName(dictionary));
      encodeValueInfo(dictionary,
                      type ? type : Type(UnknownType::get(list.getContext())),
                      *messages.Add());
      continue;
    }
    auto valueName = dyn_cast<StringAttr>(entry);
    Type type = valueName ? recorded.lookup(valueName.getValue()) : Type();
    if (!type)
      continue; // the value is gone
    auto *message = messages.Add();
    message->set_name(valueName.str());
    encodeType(type, *message->mutable_type());
  }
}

LogicalResult GraphExporter::exportGraph(Block &block,
                                         ArrayRef<Attribute> inputs,
                                         ArrayRef<Attribute> outputs,
                                         DictionaryAttr info,
                                         ::onnx::GraphProto &graph) {
  if (block.getNumArguments() != inputs.size())
    return context.error("a graph must describe each of its inputs, expected " +
                         Twine(block.getNumArguments()) + ", found " +
                         Twine(inputs.size()));
  for (Attribute description : llvm::concat<const Attribute>(inputs, outputs))
    if (!isa<DictionaryAttr>(description))
      return context.error("a graph must describe its inputs and outputs by "
                           "dictionaries, found " +
                           printed(description));
  if (failed(nameOutputs(block, outputs)))
    return failure();
  for (auto [argument, description] : llvm::zip(block.getArguments(), inputs))
    encodeValueInfo(cast<DictionaryAttr>(description), argument.getType(),
                    *graph.add_input());
  for (auto [value, description] :
       llvm::zip(block.getTerminator()->getOperands(), outputs))
    encodeValueInfo(cast<DictionaryAttr>(description), value.getType(),
                    *graph.add_output());
  if (info) {
    if (auto graphName = info.getAs<StringAttr>("name"))
      graph.set_name(graphName.str());
    if (auto doc = info.getAs<StringAttr>("doc_string"))
      graph.set_doc_string(doc.str());
    encodeEntries(info.get("metadata_props"), *graph.mutable_metadata_props());
    encodeAnnotations(info.getAs<ArrayAttr>("quantization_annotation"),
                      *graph.mutable_quantization_annotation());
    encodeUnknown(info, graph.mutable_unknown_fields());
  }
  if (failed(exportNodes(block, *graph.mutable_node(), &graph)))
    return failure();
  exportValueInfos(block, info, *graph.mutable_value_info());
  return success();
}

LogicalResult GraphExporter::exportFunction(Block &block,
                                            ArrayRef<Attribute> inputs,
                                            ArrayRef<Attribute> outputs,
                                            DictionaryAttr info,
                                            ::onnx::FunctionProto &m) {
  if (failed(nameOutputs(block, outputs)))
    return failure();
  outputNames.clear(); // a function's outputs may have value information
  for (Attribute input : inputs)
    m.add_input(recordedName(input).str());
  for (Attribute output : outputs)
    m.add_output(recordedName(output).str());
  if (auto value = info.getAs<StringAttr>("name"))
    m.set_name(value.str());
  if (auto value = info.getAs<StringAttr>("domain"))
    m.set_domain(value.str());
  if (auto value = info.getAs<StringAttr>("overload"))
    m.set_overload(value.str());
  if (auto value = info.getAs<StringAttr>("doc_string"))
    m.set_doc_string(value.str());
  for (Attribute attribute : elementsOfList(info, "attributes")) {
    auto attributeName = dyn_cast<StringAttr>(attribute);
    if (!attributeName)
      return context.error("'attributes' of function '" + Twine(m.name()) +
                           "' must be names, found " + printed(attribute));
    m.add_attribute(attributeName.str());
  }
  for (Attribute entry : elementsOfList(info, "attribute_defaults")) {
    auto pair = dyn_cast<ArrayAttr>(entry);
    auto attributeName =
        pair && pair.size() == 2 ? dyn_cast<StringAttr>(pair[0]) : StringAttr();
    if (!attributeName)
      return context.error(
          "'attribute_defaults' of function '" + Twine(m.name()) +
          "' must be pairs of name and value, found " + printed(entry));
    auto *attribute = m.add_attribute_proto();
    attribute->set_name(attributeName.str());
    if (failed(context.encodeAttribute(pair[1], *attribute,
                                       "a default of function '" +
                                           Twine(m.name()) + "'")))
      return failure();
  }
  encodeEntries(info.get("metadata_props"), *m.mutable_metadata_props());
  encodeUnknown(info, m.mutable_unknown_fields());
  if (failed(exportNodes(block, *m.mutable_node(), nullptr)))
    return failure();
  exportValueInfos(block, info, *m.mutable_value_info());
  return success();
}
