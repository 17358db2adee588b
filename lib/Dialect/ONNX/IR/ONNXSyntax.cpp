//===- ONNXSyntax.cpp - Text form of nodes --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One syntax for typed nodes and `onnx.node`:
//
//   onnx.Gemm(%x, %w) "name" outputs ["y"] {transB = 1 : i64} : (…) -> …
//
//   onnx.node "Op" domain "d" (%x) "name" {…} with {…} info {…} graphs […] (…)
//
// The parentheses stand there if there are inputs, the types if one of them is
// known: most exports record none. A declarative format cannot say it once for
// ninety ops, nor keep the name of a node outside its attribute dictionary.
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

/// Where the name of a layer starts in a path: at the word before the first
/// part that is a number. What stands before it is the same in every name.
static size_t startOfLayer(StringRef path) {
  size_t word = 0;
  for (size_t dot = path.find('.'); dot != StringRef::npos;) {
    size_t next = path.find('.', dot + 1);
    StringRef part = path.slice(dot + 1, next);
    if (next != StringRef::npos && !part.empty() &&
        llvm::all_of(part, llvm::isDigit))
      return word;
    word = dot + 1;
    dot = next;
  }
  return 0;
}

std::string slin::onnx::asmName(StringRef name) {
  name.consume_back("_output_0");
  std::string path;
  for (char c : name.ltrim("/:."))
    path += (c == '/' || c == ':') ? '.' : c;
  std::string result = path.substr(startOfLayer(path));
  // A name that starts with a digit would read as a number of the printer's
  // own.
  if (!result.empty() && llvm::isDigit(result.front()))
    result.insert(0, "_");
  return result;
}

/// `c` and the value of a constant that is one integer, `cst` of any other.
static std::string constantName(ConstantOp constant) {
  auto elements = dyn_cast_or_null<DenseIntElementsAttr>(constant.getWeight());
  if (!elements || elements.getNumElements() != 1 ||
      elements.getElementType().isInteger(1))
    return "cst";
  bool isSigned = !elements.getElementType().isUnsignedInteger();
  return "c" + llvm::toString(*elements.begin(), 10, isSigned);
}

void slin::onnx::nameNodeResults(Operation *node, OpAsmSetValueNameFn setName) {
  if (auto constant = dyn_cast<ConstantOp>(node);
      constant && node->getNumResults() == 1)
    return setName(node->getResult(0), constantName(constant));
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
  }
  if (node->getNumOperands())
    printer << (generic ? " (" : "(") << node->getOperands() << ')';
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
  auto isUnknown = [](Type type) { return isa<UnknownType>(type); };
  if (!llvm::all_of(node->getOperandTypes(), isUnknown) ||
      !llvm::all_of(node->getResultTypes(), isUnknown)) {
    printer << " : ";
    printer.printFunctionalType(node);
  }
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
  if (parser.parseOperandList(operands, OpAsmParser::Delimiter::OptionalParen))
    return failure();
  // Not parseOptionalAttribute: a string attribute takes the colon and the type
  // that follow it.
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)))
    state.addAttribute("node_name", parser.getBuilder().getStringAttr(name));
  if (parsePart<ArrayAttr>(parser, "outputs", "output_names", state) ||
      parseAttributes(parser, state, isGeneric) ||
      parsePart<DictionaryAttr>(parser, "info", "node_info", state) ||
      (isGeneric && parseGraphs(parser, state)))
    return failure();
  if (failed(parser.parseOptionalColon())) {
    auto unknown = UnknownType::get(parser.getContext());
    state.addTypes(SmallVector<Type>(parser.getNumResults(), unknown));
    return parser.resolveOperands(operands, unknown, start, state.operands);
  }
  FunctionType type;
  if (parser.parseType(type))
    return failure();
  state.addTypes(type.getResults());
  return parser.resolveOperands(operands, type.getInputs(), start,
                                state.operands);
}
