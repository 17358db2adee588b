//===- ONNXOps.cpp - Ops of the onnx dialect ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What NodeOpInterface answers for every node, and the verifiers. They check
// only what the ops themselves promise: nothing that ONNX allows is refused.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// The type of an initializer: the one of its elements, or one of its own where
/// the value has none.
static ParseResult parseElementsType(OpAsmParser &parser, Type &type,
                                     Attribute value) {
  if (ElementsAttr elements = elementsOf(value)) {
    type = elements.getType();
    return success();
  }
  return failure(parser.parseArrow() || parser.parseType(type));
}
static void printElementsType(OpAsmPrinter &printer, Operation *, Type type,
                              Attribute value) {
  if (!elementsOf(value))
    printer << " -> " << type;
}

/// One entry per line, numbered.
static ParseResult parseMetadataEntries(OpAsmParser &parser,
                                        ArrayAttr &entries) {
  SmallVector<Attribute> list;
  if (parser.parseLBrace())
    return failure();
  while (failed(parser.parseOptionalRBrace())) {
    int64_t number;
    SMLoc start = parser.getCurrentLocation();
    if (parser.parseInteger(number) || parser.parseEqual() ||
        parser.parseAttribute(list.emplace_back()))
      return failure();
    if (number != int64_t(list.size()) - 1)
      return parser.emitError(start)
             << "expected entry " << list.size() - 1 << ", found " << number;
  }
  entries = parser.getBuilder().getArrayAttr(list);
  return success();
}
static void printMetadataEntries(OpAsmPrinter &printer, Operation *,
                                 ArrayAttr entries) {
  printer << "{";
  printer.increaseIndent();
  for (auto [number, entry] : llvm::enumerate(entries)) {
    printer.printNewline();
    printer << number << " = ";
    printer.printAttribute(entry);
  }
  printer.decreaseIndent();
  printer.printNewline();
  printer << "}";
}

#include "slin/Dialect/ONNX/IR/ONNXInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXOps.cpp.inc"

//===----------------------------------------------------------------------===//
// NodeOpInterface
//===----------------------------------------------------------------------===//

static Attribute inherent(Operation *op, StringRef name) {
  return op->getInherentAttr(name).value_or(Attribute());
}

StringAttr NodeOpInterface::getNodeNameAttr() {
  return dyn_cast_or_null<StringAttr>(inherent(getOperation(), "node_name"));
}

StringRef NodeOpInterface::getNodeName() {
  StringAttr name = getNodeNameAttr();
  return name ? name.getValue() : StringRef();
}

void NodeOpInterface::setNodeName(StringAttr name) {
  // Output names that were derived from the old name stay what they are.
  SmallVector<std::string> names;
  for (unsigned i = 0, e = getOperation()->getNumResults(); i < e; ++i)
    names.push_back(getOutputName(i));
  getOperation()->setInherentAttr(StringAttr::get(getContext(), "node_name"),
                                  name);
  for (auto [index, output] : llvm::enumerate(names))
    setOutputName(index, output);
}

DictionaryAttr NodeOpInterface::getNodeInfo() {
  auto info =
      dyn_cast_or_null<DictionaryAttr>(inherent(getOperation(), "node_info"));
  return info ? info : DictionaryAttr::get(getContext());
}

static std::string derivedOutputName(StringRef node, unsigned index) {
  return (node + "_output_" + Twine(index)).str();
}

std::string NodeOpInterface::getOutputName(unsigned index) {
  auto names =
      dyn_cast_or_null<ArrayAttr>(inherent(getOperation(), "output_names"));
  if (names && index < names.size())
    if (auto name = dyn_cast<StringAttr>(names[index]))
      return name.str();
  return derivedOutputName(getNodeName(), index);
}

void NodeOpInterface::setOutputName(unsigned index, StringRef name) {
  Operation *op = getOperation();
  SmallVector<Attribute> names;
  bool derived = getNodeNameAttr() != nullptr;
  for (unsigned i = 0, e = op->getNumResults(); i < e; ++i) {
    std::string current = i == index ? name.str() : getOutputName(i);
    derived &= current == derivedOutputName(getNodeName(), i);
    names.push_back(StringAttr::get(getContext(), current));
  }
  StringAttr key = StringAttr::get(getContext(), "output_names");
  op->setInherentAttr(key, derived ? Attribute()
                                   : ArrayAttr::get(getContext(), names));
}

Value NodeOpInterface::getPresentInput(unsigned index) {
  return presentInput(getOperation(), index);
}

int64_t NodeOpInterface::getOpset() {
  return opsetOf(getOperation(), getDomain());
}

DictionaryAttr slin::onnx::typedNodeAttributes(Operation *node) {
  NamedAttrList attributes;
  for (StringAttr name : node->getName().getAttributeNames()) {
    if (llvm::is_contained({"node_name", "output_names", "node_info"},
                           name.getValue()))
      continue;
    if (Attribute value = inherent(node, name))
      attributes.set(name, value);
  }
  return attributes.getDictionary(node->getContext());
}

//===----------------------------------------------------------------------===//
// Constant
//===----------------------------------------------------------------------===//

ElementsAttr ConstantOp::getWeight() {
  Builder builder(getContext());
  if (std::optional<Attribute> value = getValue())
    return elementsOf(*value);
  auto scalar = [&](Type type) { return RankedTensorType::get({}, type); };
  auto list = [&](int64_t size, Type type) {
    return RankedTensorType::get({size}, type);
  };
  if (FloatAttr value = getValueFloatAttr())
    return DenseElementsAttr::get(scalar(builder.getF32Type()),
                                  Attribute(value));
  if (IntegerAttr value = getValueIntAttr())
    return DenseElementsAttr::get(scalar(builder.getI64Type()),
                                  Attribute(value));
  if (DenseF32ArrayAttr value = getValueFloatsAttr())
    return DenseElementsAttr::get(list(value.size(), builder.getF32Type()),
                                  value.asArrayRef());
  if (DenseI64ArrayAttr value = getValueIntsAttr())
    return DenseElementsAttr::get(list(value.size(), builder.getI64Type()),
                                  value.asArrayRef());
  return nullptr;
}

StringRef ConstantOp::getWeightName() {
  return getNodeName().value_or("constant");
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyGraphNames(NodeOp node) {
  llvm::DenseMap<Attribute, bool> seen; // and whether it is a list
  DictionaryAttr attributes = node.getNodeAttributes();
  for (NamedAttribute attribute : attributes)
    seen.try_emplace(attribute.getName(), false);
  ArrayAttr graphs = node.getGraphsAttr();
  if (!graphs)
    return success();
  for (Attribute entry : graphs) {
    auto graph = dyn_cast<DictionaryAttr>(entry);
    auto name = graph ? graph.getAs<StringAttr>("attribute") : StringAttr();
    if (!name)
      continue;
    bool isList = graph.contains("list");
    auto [it, isNew] = seen.try_emplace(name, isList);
    if (!isNew && !(isList && it->second))
      return node.emitOpError()
             << "must have each attribute once, found " << name << " again";
  }
  return success();
}

LogicalResult NodeOp::verify() {
  if (getOutputNames() && getOutputNames()->size() != getNumResults())
    return emitOpError() << "must have one output name per result, expected "
                         << getNumResults() << ", found "
                         << getOutputNames()->size();
  size_t graphs = getGraphs() ? getGraphs()->size() : 0;
  if (graphs != getNumRegions())
    return emitOpError()
           << "must have one entry of 'graphs' per region, expected "
           << getNumRegions() << ", found " << graphs;
  return verifyGraphNames(*this);
}

LogicalResult InitializerOp::verify() {
  ElementsAttr elements = getWeight();
  if (elements && elements.getType() != getType())
    return emitOpError() << "must have the type of its elements, expected "
                         << elements.getType() << ", found " << getType();
  return success();
}

LogicalResult SparseInitializerOp::verify() {
  if (!isa<SparseTensorAttr, OpaqueMessageAttr>(getValue()))
    return emitOpError() << "must hold #onnx.sparse_tensor, found "
                         << getValue();
  return success();
}
