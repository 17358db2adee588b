//===- ONNXDialect.cpp - The onnx dialect ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registration, types, and the dialect's services: printing names, aliases for
// types that repeat on every line, and attributes for new weights.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace slin;

#include "slin/Dialect/ONNX/IR/ONNXDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXTypes.cpp.inc"

namespace {
/// Symbolic dimensions stand on nearly every line of a dump: one alias each.
struct AliasInterface final : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;
  AliasResult getAlias(Attribute attr, raw_ostream &os) const override {
    if (!isa<onnx::DimsAttr>(attr))
      return AliasResult::NoAlias;
    os << "dims";
    return AliasResult::FinalAlias;
  }
};

struct WeightInterface final : weights::WeightDialectInterface {
  using weights::WeightDialectInterface::WeightDialectInterface;
  ElementsAttr makeWeight(ShapedType type,
                          ArrayRef<char> bytes) const override {
    if (type.getNumElements() <= 16)
      return onnx::makeLiteral(type, bytes);
    auto *dialect = static_cast<onnx::ONNXDialect *>(getDialect());
    std::string reason;
    auto weight = dialect->getWeightStore().add(bytes, reason);
    MLIRContext *context = type.getContext();
    if (failed(weight)) {
      // Nothing is lost: the bytes become part of the attribute.
      emitWarning(UnknownLoc::get(context), reason + "; kept in memory");
      return onnx::InlineAttr::get(
          context, type,
          StringAttr::get(context, StringRef(bytes.data(), bytes.size())));
    }
    return onnx::WeightAttr::get(context, type,
                                 StringAttr::get(context, weight->name), 0,
                                 weight->length, weight->hash);
  }
};
} // namespace

void onnx::ONNXDialect::initialize() {
  weightStore = std::make_shared<weights::WeightStore>();
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "slin/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
  addInterfaces<AliasInterface, WeightInterface>();
}

void onnx::ONNXDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "slin/Dialect/ONNX/IR/ONNXTypes.cpp.inc"
      >();
}

/// Modules that are parsed from text or bytecode bring their folder with them.
LogicalResult
onnx::ONNXDialect::verifyOperationAttribute(Operation *op,
                                            NamedAttribute attribute) {
  if (attribute.getName() != names::kBase)
    return success();
  auto folder = dyn_cast<StringAttr>(attribute.getValue());
  if (!folder)
    return op->emitOpError()
           << "'onnx.base' must be a string, found " << attribute.getValue();
  getWeightStore().addFolder(folder.getValue());
  return success();
}

//===----------------------------------------------------------------------===//
// Names and versions
//===----------------------------------------------------------------------===//

StringRef onnx::canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

int64_t onnx::opsetOf(Operation *op, StringRef domain) {
  domain = canonicalDomain(domain);
  for (; op; op = op->getParentOp()) {
    auto imports = op->getAttrOfType<ArrayAttr>(names::kOpsets);
    if (!imports)
      continue;
    for (Attribute entry : imports) {
      auto pair = dyn_cast<ArrayAttr>(entry);
      if (!pair || pair.size() != 2)
        continue;
      auto name = dyn_cast<StringAttr>(pair[0]);
      auto version = dyn_cast<IntegerAttr>(pair[1]);
      if (version && canonicalDomain(name ? name.getValue() : "") == domain)
        return version.getInt();
    }
    return 0;
  }
  return 0;
}

ElementsAttr onnx::makeLiteral(ShapedType type, ArrayRef<char> bytes) {
  Type elementType = type.getElementType();
  unsigned width = weights::bitsPerElement(elementType);
  // Narrow floats have no literal for each of their values.
  bool hasLiterals = elementType.isIntOrFloat() && width >= 8 &&
                     !(isa<FloatType>(elementType) && width == 8);
  if (elementType.isInteger(1)) {
    if (llvm::all_of(bytes, [](char byte) { return byte == 0 || byte == 1; })) {
      SmallVector<bool> values(bytes.begin(), bytes.end());
      return DenseElementsAttr::get(type, values);
    }
  } else if (hasLiterals && (bytes.empty() || type.getNumElements() > 0)) {
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  }
  MLIRContext *context = type.getContext();
  return InlineAttr::get(
      context, type,
      StringAttr::get(context, StringRef(bytes.data(), bytes.size())));
}

ElementsAttr onnx::reshapeElements(ElementsAttr elements,
                                   RankedTensorType type) {
  if (auto weight = dyn_cast<WeightAttr>(elements))
    return WeightAttr::get(type.getContext(), type, weight.getFile(),
                           weight.getOffset(), weight.getLength(),
                           weight.getHash());
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return dense.reshape(type);
  std::string reason;
  auto loaded = weights::loadElements(elements, StringRef(), reason);
  return failed(loaded) ? ElementsAttr() : makeLiteral(type, loaded->bytes);
}

ElementsAttr onnx::elementsOf(Attribute tensor) {
  if (auto detailed = dyn_cast_or_null<TensorAttr>(tensor))
    return detailed.getElements();
  return dyn_cast_or_null<ElementsAttr>(tensor);
}

std::string onnx::nameOf(Value value) {
  if (auto result = dyn_cast<OpResult>(value)) {
    Operation *op = result.getOwner();
    if (auto node = dyn_cast<NodeOpInterface>(op))
      return node.getOutputName(result.getResultNumber());
    if (auto initializer = dyn_cast<InitializerOp>(op))
      return initializer.getName().str();
    if (auto sparse = dyn_cast<SparseInitializerOp>(op))
      return sparse.getName().str();
    return "";
  }
  auto argument = cast<BlockArgument>(value);
  Operation *parent = argument.getOwner()->getParentOp();
  if (auto function = dyn_cast_or_null<func::FuncOp>(parent)) {
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      names::kName);
    return name ? name.str() : "";
  }
  auto node = dyn_cast_or_null<NodeOp>(parent);
  if (!node || !node.getGraphs())
    return "";
  unsigned region = argument.getOwner()->getParent()->getRegionNumber();
  auto graph = dyn_cast<DictionaryAttr>((*node.getGraphs())[region]);
  auto inputs = graph ? graph.getAs<ArrayAttr>("inputs") : nullptr;
  if (!inputs || argument.getArgNumber() >= inputs.size())
    return "";
  auto input = dyn_cast<DictionaryAttr>(inputs[argument.getArgNumber()]);
  auto name = input ? input.getAs<StringAttr>(names::kName) : nullptr;
  return name ? name.str() : "";
}

Value onnx::presentInput(Operation *node, unsigned index) {
  if (index >= node->getNumOperands())
    return {};
  Value input = node->getOperand(index);
  return input.getDefiningOp<NoneOp>() ? Value() : input;
}
