//===- ONNXAttributes.cpp - Attributes of the onnx dialect ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Syntax of dimensions and synthetic weights, and how each attribute with
// elements loads them.
//
//===----------------------------------------------------------------------===//

#include "Synthetic.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin::onnx;

#define GET_ATTRDEF_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXAttributes.cpp.inc"

void ONNXDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "slin/Dialect/ONNX/IR/ONNXAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Dims
//===----------------------------------------------------------------------===//

Attribute DimsAttr::parse(AsmParser &parser, Type) {
  SmallVector<Attribute> dims;
  SmallVector<StringAttr> denotations;
  bool anyDenotation = false;
  MLIRContext *context = parser.getContext();
  auto parseDim = [&]() -> ParseResult {
    std::string name;
    int64_t size;
    if (succeeded(parser.parseOptionalString(&name))) {
      dims.push_back(StringAttr::get(context, name));
    } else if (succeeded(parser.parseOptionalQuestion())) {
      dims.push_back(UnitAttr::get(context));
    } else {
      if (parser.parseInteger(size))
        return failure();
      dims.push_back(Builder(context).getI64IntegerAttr(size));
    }
    std::string denotation;
    denotations.push_back(nullptr);
    if (failed(parser.parseOptionalKeyword("as")))
      return success();
    anyDenotation = true;
    if (parser.parseString(&denotation))
      return failure();
    denotations.back() = StringAttr::get(context, denotation);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater,
                                     parseDim))
    return {};
  if (!anyDenotation)
    denotations.clear();
  return DimsAttr::get(context, dims, denotations);
}

void DimsAttr::print(AsmPrinter &printer) const {
  printer << "<";
  for (auto [index, dim] : llvm::enumerate(getDims())) {
    if (index)
      printer << ", ";
    if (auto name = dyn_cast<StringAttr>(dim))
      printer.printString(name.getValue());
    else if (auto size = dyn_cast<IntegerAttr>(dim))
      printer << size.getInt();
    else
      printer << "?";
    if (!getDenotations().empty() && getDenotations()[index]) {
      printer << " as ";
      printer.printString(getDenotations()[index].getValue());
    }
  }
  printer << ">";
}

//===----------------------------------------------------------------------===//
// Synthetic
//===----------------------------------------------------------------------===//

Attribute SyntheticAttr::parse(AsmParser &parser, Type type) {
  StringRef kind;
  int64_t rank = 0, seed = 0;
  double scale = 1.0;
  SMLoc start = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&kind))
    return {};
  if (kind != "normal" && kind != "uniform" && kind != "low_rank") {
    parser.emitError(start)
        << "expected 'normal', 'uniform' or 'low_rank', found '" << kind << "'";
    return {};
  }
  if (kind == "low_rank" && parser.parseInteger(rank))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef key;
    if (parser.parseKeyword(&key) || parser.parseEqual())
      return {};
    if (key == "seed" ? bool(parser.parseInteger(seed))
                      : (key != "scale" || parser.parseFloat(scale)))
      return {};
  }
  if (parser.parseGreater())
    return {};
  if (!type && parser.parseColonType(type))
    return {};
  auto shaped = dyn_cast<RankedTensorType>(type);
  if (!shaped || !shaped.hasStaticShape() ||
      !isa<FloatType>(shaped.getElementType())) {
    parser.emitError(start)
        << "expected a float tensor of known shape, found " << type;
    return {};
  }
  if (kind == "low_rank" && (shaped.getRank() != 2 || rank < 1)) {
    parser.emitError(start)
        << "'low_rank' needs a matrix and a rank of at least 1, found " << type
        << " and " << rank;
    return {};
  }
  Builder builder(parser.getContext());
  return SyntheticAttr::get(parser.getContext(), shaped,
                            builder.getStringAttr(kind), rank, seed,
                            builder.getF64FloatAttr(scale));
}

void SyntheticAttr::print(AsmPrinter &printer) const {
  printer << "<" << getKind().getValue();
  if (getKind() == "low_rank")
    printer << " " << getRank();
  printer << ", seed = " << getSeed();
  if (getScale().getValueAsDouble() != 1.0)
    printer << ", scale = " << getScale().getValue();
  printer << ">";
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// Checks that the bytes are as many as the type says.
static LogicalResult checkLength(ShapedType type, uint64_t found,
                                 std::string &reason) {
  auto count = slin::weights::countOf(type.getShape());
  uint64_t expected =
      count ? slin::weights::bytesOf(type.getElementType(), *count) : 0;
  if (count && expected == found)
    return success();
  std::string printed;
  llvm::raw_string_ostream(printed) << type;
  reason =
      llvm::formatv("{0} needs {1} bytes, found {2}", printed, expected, found);
  return failure();
}

FailureOr<slin::weights::Elements>
WeightAttr::loadElements(StringRef base, std::string &reason) const {
  if (failed(checkLength(getType(), getLength(), reason)))
    return failure();
  auto *dialect = getContext()->getOrLoadDialect<ONNXDialect>();
  auto bytes = dialect->getWeightStore().read(
      base, getFile().getValue(), getOffset(), getLength(), getHash(), reason);
  if (failed(bytes))
    return failure();
  return weights::Elements{getType(), *bytes,
                           weights::WeightStore::releaseAfterUse(*bytes)};
}

FailureOr<slin::weights::Elements>
InlineAttr::loadElements(StringRef base, std::string &reason) const {
  StringRef bytes = getBytes().getValue();
  if (failed(checkLength(getType(), bytes.size(), reason)))
    return failure();
  return weights::Elements{getType(),
                           ArrayRef<char>(bytes.data(), bytes.size()), nullptr};
}

FailureOr<slin::weights::Elements>
SyntheticAttr::loadElements(StringRef base, std::string &reason) const {
  if (failed(weights::checkMakeable(getType(), reason)))
    return failure();
  return generateSynthetic(*this);
}
