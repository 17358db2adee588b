//===- ONNXSyntax.cpp - Text form of nodes --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One syntax for typed nodes and `onnx.node`:
//
//   onnx.Gemm(%x, %w) "name" outputs ["y"] {transB = 1 : i64} info {…} : (…) ->
//   … onnx.node "Op" domain "d" (%x) "name" {…} with {…} graphs […] ({…}) : …
//
// A declarative format cannot say it once for ninety ops, nor keep the name of
// a node outside its attribute dictionary.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace slin::onnx;

static constexpr StringRef kHidden[] = {
    "node_name",   "output_names", "node_info",           "op_type",
    "domain_name", "overload",     "operator_attributes", "graphs"};

//===----------------------------------------------------------------------===//
// SSA names
//===----------------------------------------------------------------------===//

std::string slin::onnx::asmName(StringRef name) {
  name.consume_back("_output_0");
  std::string result;
  for (char c : name.ltrim("/:."))
    result += (c == '/' || c == ':') ? '.' : c;
  // A name that starts with a digit would read as a number of the printer's
  // own.
  if (!result.empty() && llvm::isDigit(result.front()))
    result.insert(0, "_");
  return result;
}

void slin::onnx::nameNodeResults(Operation *node, OpAsmSetValueNameFn setName) {
  auto interface = cast<NodeOpInterface>(node);
  for (auto [index, result] : llvm::enumerate(node->getResults())) {
    std::string name = asmName(interface.getOutputName(index));
    if (!name.empty())
      setName(result, name);
  }
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static void printPart(OpAsmPrinter &printer, StringRef keyword,
                      Attribute value) {
  if (!value)
    return;
  printer << ' ' << keyword << ' ';
  printer.printAttribute(value);
}

void slin::onnx::printNode(OpAsmPrinter &printer, Operation *node) {
  auto generic = dyn_cast<NodeOp>(node);
  if (generic) {
    printer << ' ';
    printer.printAttribute(generic.getOpTypeAttr());
    printPart(printer, "domain", generic.getDomainNameAttr());
    printPart(printer, "overload", generic.getOverloadAttr());
    printer << ' ';
  }
  printer << '(' << node->getOperands() << ')';
  auto get = [&](StringRef name) {
    return node->getInherentAttr(name).value_or(Attribute());
  };
  if (auto name = dyn_cast_or_null<StringAttr>(get("node_name"))) {
    printer << ' ';
    printer.printString(name.getValue());
  }
  printPart(printer, "outputs", get("output_names"));
  if (generic) {
    if (generic.getOperatorAttributes() &&
        !generic.getOperatorAttributesAttr().empty()) {
      printer << ' ';
      printer.printAttribute(generic.getOperatorAttributesAttr());
    }
    if (!node->getDiscardableAttrs().empty())
      printPart(printer, "with", node->getDiscardableAttrDictionary());
  } else {
    printer.printOptionalAttrDict(node->getAttrs(), kHidden);
  }
  printPart(printer, "info", get("node_info"));
  if (generic && generic.getGraphs()) {
    printPart(printer, "graphs", generic.getGraphsAttr());
    printer << " (";
    llvm::interleaveComma(node->getRegions(), printer, [&](Region &region) {
      printer.printRegion(region, /*printEntryBlockArgs=*/true,
                          /*printBlockTerminators=*/true,
                          /*printEmptyBlock=*/true);
    });
    printer << ")";
  }
  printer << " : ";
  printer.printFunctionalType(node);
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

template <typename AttrT>
static ParseResult parsePart(OpAsmParser &parser, StringRef keyword,
                             StringRef name, OperationState &state) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  AttrT value;
  return parser.parseAttribute(value, name, state.attributes);
}

/// `"Op" domain "d" overload "v"`.
static ParseResult parseOperator(OpAsmParser &parser, OperationState &state) {
  StringAttr opType;
  return failure(
      parser.parseAttribute(opType, "op_type", state.attributes) ||
      parsePart<StringAttr>(parser, "domain", "domain_name", state) ||
      parsePart<StringAttr>(parser, "overload", "overload", state));
}

static ParseResult parseGraphs(OpAsmParser &parser, OperationState &state) {
  if (failed(parser.parseOptionalKeyword("graphs")))
    return success();
  ArrayAttr graphs;
  if (parser.parseAttribute(graphs, "graphs", state.attributes))
    return failure();
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
    return parser.parseRegion(*state.addRegion());
  });
}

/// `{…}` with the operator's attributes, and for `onnx.node` `with {…}` for
/// those that are not ONNX's.
static ParseResult parseAttributes(OpAsmParser &parser, OperationState &state,
                                   bool isGeneric) {
  if (!isGeneric)
    return parser.parseOptionalAttrDict(state.attributes);
  NamedAttrList attributes;
  if (parser.parseOptionalAttrDict(attributes))
    return failure();
  if (!attributes.empty())
    state.addAttribute("operator_attributes",
                       attributes.getDictionary(parser.getContext()));
  if (succeeded(parser.parseOptionalKeyword("with")))
    return parser.parseOptionalAttrDict(state.attributes);
  return success();
}

ParseResult slin::onnx::parseNode(OpAsmParser &parser, OperationState &state) {
  bool isGeneric = state.name.getStringRef() == NodeOp::getOperationName();
  if (isGeneric && parseOperator(parser, state))
    return failure();
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SMLoc start = parser.getCurrentLocation();
  if (parser.parseOperandList(operands, OpAsmParser::Delimiter::Paren))
    return failure();
  // Not parseOptionalAttribute: a string attribute takes the colon and the type
  // that follow it.
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)))
    state.addAttribute("node_name", parser.getBuilder().getStringAttr(name));
  FunctionType type;
  if (parsePart<ArrayAttr>(parser, "outputs", "output_names", state) ||
      parseAttributes(parser, state, isGeneric) ||
      parsePart<DictionaryAttr>(parser, "info", "node_info", state) ||
      (isGeneric && parseGraphs(parser, state)) || parser.parseColonType(type))
    return failure();
  state.addTypes(type.getResults());
  return parser.resolveOperands(operands, type.getInputs(), start,
                                state.operands);
}
