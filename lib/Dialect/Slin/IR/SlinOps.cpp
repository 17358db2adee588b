//===- SlinOps.cpp - Syntax of the slin dialect's ops ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Custom directives of the declarative formats, and the generated definitions.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// SSA names
//===----------------------------------------------------------------------===//

// A linear is named after its role, a network's parts as in its picture: t is
// what it reads, g and u what meets in a gate.

void ApplyOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), getRole().value_or("y"));
}

void AddOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "sum");
}

void ActivationOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  if (!getResults().empty())
    setName(getResults().front(), getFunction());
}

void ActivationOp::getAsmBlockArgumentNames(Region &region,
                                            OpAsmSetValueNameFn setName) {
  auto arguments = region.getArguments();
  if (arguments.size() == 1)
    setName(arguments[0], "v");
  else if (arguments.size() == 2) {
    setName(arguments[0], "g");
    setName(arguments[1], "u");
  }
}

void FFNOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  if (!getResults().empty())
    setName(getResults().front(), "ffn");
}

void FFNOp::getAsmBlockArgumentNames(Region &region,
                                     OpAsmSetValueNameFn setName) {
  if (region.getNumArguments() == 1)
    setName(region.getArgument(0), "t");
}

//===----------------------------------------------------------------------===//
// custom<OneType>: one type for all operands and the result
//===----------------------------------------------------------------------===//

static ParseResult
parseOneType(OpAsmParser &parser, SmallVectorImpl<Type> &types, Type &result,
             const SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands) {
  if (parser.parseType(result))
    return failure();
  types.assign(operands.size(), result);
  return success();
}

static void printOneType(OpAsmPrinter &printer, Operation *op, TypeRange types,
                         Type result, OperandRange operands) {
  printer << result;
}

//===----------------------------------------------------------------------===//
// custom<BareName>: a name without quotes where it is a keyword
//===----------------------------------------------------------------------===//

static ParseResult parseBareName(OpAsmParser &parser, StringAttr &name) {
  std::string text;
  if (parser.parseKeywordOrString(&text))
    return failure();
  name = parser.getBuilder().getStringAttr(text);
  return success();
}

static void printBareName(OpAsmPrinter &printer, Operation *op,
                          StringAttr name) {
  printer.printKeywordOrString(name.getValue());
}

//===----------------------------------------------------------------------===//
// custom<Bindings>: `(%argument = %operand : type, …) -> types { … }`
//===----------------------------------------------------------------------===//

static ParseResult
parseBindings(OpAsmParser &parser,
              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
              SmallVectorImpl<Type> &types, SmallVectorImpl<Type> &results,
              Region &body) {
  SmallVector<OpAsmParser::Argument> arguments;
  auto parseBinding = [&]() -> ParseResult {
    if (parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
        parser.parseOperand(operands.emplace_back()) ||
        parser.parseColonType(types.emplace_back()))
      return failure();
    arguments.back().type = types.back();
    return success();
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren,
                                     parseBinding) ||
      parser.parseOptionalArrowTypeList(results) ||
      parser.parseRegion(body, arguments))
    return failure();
  if (body.empty())
    body.emplaceBlock();
  return success();
}

static void printBindings(OpAsmPrinter &printer, Operation *op,
                          OperandRange operands, TypeRange types,
                          TypeRange results, Region &body) {
  printer << "(";
  llvm::interleaveComma(
      llvm::zip(body.getArguments(), operands), printer, [&](auto binding) {
        auto [argument, operand] = binding;
        printer << argument << " = " << operand << " : " << operand.getType();
      });
  printer << ")";
  printer.printOptionalArrowTypeList(results);
  printer << " ";
  printer.printRegion(body, /*printEntryBlockArgs=*/false);
}

#define GET_OP_CLASSES
#include "slin/Dialect/Slin/IR/SlinOps.cpp.inc"
