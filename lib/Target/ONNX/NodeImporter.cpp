//===- NodeImporter.cpp - NodeProto to an op ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A node becomes the typed op of its operator if the op's own declaration
// accepts every attribute the node has; otherwise an `onnx.node`. There is no
// table of operators here: ODS is asked.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "SideInformation.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/StringSet.h"

#include <queue>

using namespace mlir;
using namespace slin::onnx;
using ::onnx::AttributeProto;
using ::onnx::NodeProto;

std::string slin::onnx::nameForMessages(const NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  if (node.output_size() && !node.output(0).empty())
    return node.output(0);
  return node.op_type();
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

/// Names that a graph reads from outside itself, roughly: names given inside
/// are left out only for the graph they are given in.
static void collectCaptured(const ::onnx::GraphProto &graph,
                            llvm::StringSet<> &names) {
  llvm::StringSet<> used, given;
  for (const auto &input : graph.input())
    given.insert(input.name());
  for (const auto &tensor : graph.initializer())
    given.insert(tensor.name());
  for (const NodeProto &node : graph.node()) {
    for (const std::string &input : node.input())
      used.insert(input);
    for (const AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        collectCaptured(attribute.g(), used);
      for (const auto &inner : attribute.graphs())
        collectCaptured(inner, used);
    }
    for (const std::string &output : node.output())
      given.insert(output);
  }
  for (const auto &output : graph.output())
    used.insert(output.name());
  for (const auto &name : used)
    if (!given.contains(name.first()))
      names.insert(name.first());
}

/// The names that a node reads, its subgraphs included.
static llvm::StringSet<> readNames(const NodeProto &node) {
  llvm::StringSet<> names;
  for (const std::string &input : node.input())
    names.insert(input);
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      collectCaptured(attribute.g(), names);
    for (const auto &graph : attribute.graphs())
      collectCaptured(graph, names);
  }
  return names;
}

/// Topological order; of the nodes that are ready the first one in the file.
LogicalResult GraphImporter::sort(const Nodes &nodes,
                                  SmallVectorImpl<const NodeProto *> &order) {
  llvm::StringMap<int> producers;
  for (const auto &[index, node] : llvm::enumerate(nodes))
    for (const std::string &output : node.output())
      if (!output.empty() && !producers.try_emplace(output, index).second)
        return import.error(nameForMessages(node),
                            "the name '" + output +
                                "' is given to two values of one "
                                "graph: expected each name once");
  std::vector<SmallVector<int>> users(nodes.size());
  std::vector<SmallVector<std::pair<int, StringRef>>> reads(nodes.size());
  std::vector<int> missing(nodes.size());
  for (const auto &[index, node] : llvm::enumerate(nodes)) {
    for (const auto &name : readNames(node)) {
      auto producer = producers.find(name.first());
      if (producer == producers.end() || values.contains(name.first()))
        continue;
      users[producer->second].push_back(index);
      reads[index].push_back({producer->second, producer->first()});
      ++missing[index];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int index = 0; index < nodes.size(); ++index)
    if (missing[index] == 0)
      ready.push(index);
  while (!ready.empty()) {
    int index = ready.top();
    ready.pop();
    order.push_back(&nodes[index]);
    for (int user : users[index])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (order.size() == size_t(nodes.size()))
    return success();
  // Each node that waits reads a node that waits: back along these until one
  // comes again, which is on the cycle, and may not be the first.
  auto waiting = [&](const auto &read) { return missing[read.first] > 0; };
  int node = llvm::find_if(missing, [](int count) { return count > 0; }) -
             missing.begin();
  llvm::SmallDenseSet<int> seen;
  while (seen.insert(node).second)
    node = llvm::find_if(reads[node], waiting)->first;
  StringRef name = llvm::find_if(reads[node], waiting)->second;
  return import.error(nameForMessages(nodes[node]),
                      "the node is part of a cycle: it reads '" + name +
                          "', which depends on the node itself");
}

LogicalResult GraphImporter::importNodes(const Nodes &nodes) {
  SmallVector<const NodeProto *> order;
  if (failed(sort(nodes, order)))
    return failure();
  for (const NodeProto *node : order)
    if (failed(importNode(*node)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::importSubgraph(
    const ::onnx::GraphProto &graph, StringRef attribute, bool inList,
    OperationState &state, SmallVectorImpl<Attribute> &graphs) {
  Region *region = state.addRegion();
  Block *body = new Block();
  region->push_back(body);
  GraphImporter inner(import, this);
  SmallVector<Value> outputs;
  Description description;
  if (failed(inner.importGraph(graph, body, outputs, description)))
    return failure();
  // The block belongs to no op yet, so a builder cannot find its context there.
  OpBuilder atEnd(context);
  atEnd.setInsertionPointToEnd(body);
  YieldOp::create(atEnd, state.location, outputs);
  NamedAttrList entry(description.graph);
  entry.set("attribute", builder.getStringAttr(attribute));
  if (inList)
    entry.set("list", builder.getUnitAttr());
  entry.set("inputs", builder.getArrayAttr(description.inputs));
  entry.set("outputs", builder.getArrayAttr(description.outputs));
  graphs.push_back(entry.getDictionary(context));
  return success();
}

/// Whether the attribute is nothing but its graphs.
static bool isGraphAttribute(const AttributeProto &m) {
  bool single =
      m.has_g() && m.type() == AttributeProto::GRAPH && m.graphs().empty();
  bool list =
      !m.has_g() && m.type() == AttributeProto::GRAPHS && !m.graphs().empty();
  return (single || list) && !m.has_doc_string() && !m.has_ref_attr_name() &&
         !m.has_f() && !m.has_i() && !m.has_s() && !m.has_t() &&
         !m.has_sparse_tensor() && !m.has_tp() && m.unknown_fields().empty();
}

LogicalResult GraphImporter::importAttributes(const NodeProto &node,
                                              OperationState &state,
                                              NamedAttrList &attributes) {
  SmallVector<Attribute> graphs;
  llvm::StringSet<> names;
  std::string name = nameForMessages(node);
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.name().empty() || !names.insert(attribute.name()).second)
      return import.error(
          name, "attribute '" + StringRef(attribute.name()) +
                    "' stands twice or has no name: expected each name once");
    if (isGraphAttribute(attribute)) {
      if (attribute.has_g() &&
          failed(importSubgraph(attribute.g(), attribute.name(), false, state,
                                graphs)))
        return failure();
      for (const auto &graph : attribute.graphs())
        if (failed(
                importSubgraph(graph, attribute.name(), true, state, graphs)))
          return failure();
      continue;
    }
    FailureOr<Attribute> value = decodeAttribute(import, attribute, name);
    if (failed(value))
      return failure();
    attributes.set(attribute.name(), *value);
  }
  if (!graphs.empty())
    state.addAttribute("graphs", builder.getArrayAttr(graphs));
  return success();
}

Attribute ImportContext::internMetadata(Attribute text) {
  std::string printed;
  llvm::raw_string_ostream(printed) << text;
  constexpr size_t kShort = 100;
  if (printed.size() <= kShort)
    return text;
  auto [it, inserted] = metadataNumbers.try_emplace(text, metadata.size());
  if (inserted)
    metadata.push_back(text);
  return Builder(context).getI64IntegerAttr(it->second);
}

/// What a node says beside operator, operands, names and attributes.
static DictionaryAttr describeNode(const NodeProto &node,
                                   ImportContext &import) {
  MLIRContext *context = import.context;
  NamedAttrList info;
  if (node.has_doc_string())
    info.set("doc_string", import.internMetadata(
                               StringAttr::get(context, node.doc_string())));
  if (!node.metadata_props().empty())
    info.set("metadata_props", import.internMetadata(decodeEntries(
                                   context, node.metadata_props())));
  if (!node.device_configurations().empty())
    info.set("device_configurations",
             decodeNodeDevices(context, node.device_configurations()));
  addUnknown(info, node.unknown_fields(), context);
  return info.getDictionary(context);
}

/// The typed op for the node, if its declaration accepts all attributes.
static std::optional<OperationName> typedOp(const NodeProto &node,
                                            const OperationState &state,
                                            const NamedAttrList &attributes,
                                            MLIRContext *context) {
  StringRef domain = canonicalDomain(node.domain());
  if (!domain.empty() && domain != "com.microsoft")
    return std::nullopt;
  // The domain's spelling is part of the message: only the usual one is
  // implied.
  if (node.has_overload() ||
      (domain.empty() ? node.has_domain() && !node.domain().empty() : false) ||
      !state.regions.empty())
    return std::nullopt;
  std::string name = (domain.empty() ? "onnx." : "onnx.ms.") + node.op_type();
  auto registered = RegisteredOperationName::lookup(name, context);
  if (!registered || name == NodeOp::getOperationName() ||
      !registered->hasInterface<NodeOpInterface>())
    return std::nullopt;
  for (NamedAttribute attribute : attributes)
    if (!llvm::is_contained(registered->getAttributeNames(),
                            attribute.getName()))
      return std::nullopt;
  NamedAttrList copy(attributes);
  ScopedDiagnosticHandler silent(context,
                                 [](Diagnostic &) { return success(); });
  auto emitError = [&] { return mlir::emitError(UnknownLoc::get(context)); };
  if (failed(registered->verifyInherentAttrs(copy, emitError)))
    return std::nullopt;
  return OperationName(*registered);
}

LogicalResult GraphImporter::importNode(const NodeProto &node) {
  std::string name = nameForMessages(node);
  if (node.op_type().empty())
    return import.error(name, "the node has no op_type");
  OperationState state(import.locationOf(name), NodeOp::getOperationName());
  for (const std::string &input : node.input()) {
    FailureOr<Value> value = use(input, name);
    if (failed(value))
      return failure();
    state.operands.push_back(*value);
  }
  SmallVector<Attribute> outputNames;
  bool derived = node.has_name() && node.output_size() > 0;
  for (const auto &[index, output] : llvm::enumerate(node.output())) {
    state.types.push_back(output.empty() ? Type(builder.getNoneType())
                                         : typeOf(output));
    outputNames.push_back(builder.getStringAttr(output));
    derived &= output == node.name() + "_output_" + std::to_string(index);
  }
  NamedAttrList attributes, info(describeNode(node, import));
  if (failed(importAttributes(node, state, attributes)))
    return failure();
  if (std::optional<OperationName> typed =
          typedOp(node, state, attributes, context)) {
    state.name = *typed;
    state.attributes.append(attributes);
    // An explicitly empty domain is not an absent one.
    if (canonicalDomain(node.domain()).empty() && node.has_domain())
      info.set("domain", builder.getStringAttr(node.domain()));
  } else {
    state.addAttribute("op_type", builder.getStringAttr(node.op_type()));
    if (node.has_domain())
      state.addAttribute("domain_name", builder.getStringAttr(node.domain()));
    if (node.has_overload())
      state.addAttribute("overload", builder.getStringAttr(node.overload()));
    if (!attributes.empty())
      state.addAttribute("operator_attributes",
                         attributes.getDictionary(context));
  }
  if (node.has_name())
    state.addAttribute("node_name", builder.getStringAttr(node.name()));
  if (!derived && node.output_size() > 0)
    state.addAttribute("output_names", builder.getArrayAttr(outputNames));
  if (!info.empty())
    state.addAttribute("node_info", info.getDictionary(context));
  Operation *op = builder.create(state);
  for (const auto &[index, output] : llvm::enumerate(node.output())) {
    if (output.empty())
      continue;
    results.push_back(op->getResult(index));
    if (failed(define(output, op->getResult(index), name)))
      return failure();
  }
  return success();
}
