//===- Contents.cpp - What stands in a model, for comparison --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A digest is the hash of a text in which references to weights are replaced by
// hashes of their bytes: where the bytes lie is no difference.
//
//===----------------------------------------------------------------------===//

#include "slin/Report/Contents.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Report/Report.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace slin;
using namespace slin::report;

static std::string digestOf(StringRef bytes) {
  llvm::XXH128_hash_t hash = llvm::xxh3_128bits(
      ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return llvm::utohexstr(hash.high64, /*LowerCase=*/true, 16) +
         llvm::utohexstr(hash.low64, /*LowerCase=*/true, 16);
}

namespace {
/// Writes the two lists of one module.
class ContentsWriter {
public:
  ContentsWriter(ModuleOp module, llvm::raw_ostream &os)
      : module(module), json(os, /*IndentSize=*/0) {
    // Weights of any kind become the hash of their bytes and their type.
    replacer.addReplacement(
        [this](ElementsAttr elements)
            -> std::optional<std::pair<Attribute, WalkResult>> {
          if (isa<DenseStringElementsAttr>(elements))
            return std::nullopt;
          FailureOr<std::string> digest =
              digestOfElements(elements, this->module);
          std::string text = failed(digest) ? "" : *digest;
          return std::make_pair(
              Attribute(StringAttr::get(elements.getContext(), text)),
              WalkResult::skip());
        });
  }
  LogicalResult write();

private:
  FailureOr<std::string> digestOfElements(ElementsAttr elements,
                                          Operation *user);
  void describeNode(Operation *op, llvm::raw_ostream &os);
  void writeNode(onnx::NodeOpInterface node);
  void writeWeight(onnx::InitializerOp initializer);

  ModuleOp module;
  llvm::json::OStream json;
  AttrTypeReplacer replacer;
  bool hasFailed = false;
};
} // namespace

FailureOr<std::string> ContentsWriter::digestOfElements(ElementsAttr elements,
                                                        Operation *user) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << elements.getType();
  if (isa<DenseStringElementsAttr>(elements)) {
    os << elements;
    return digestOf(text);
  }
  std::string reason;
  FailureOr<weights::Elements> loaded =
      weights::loadElements(elements, user, reason);
  if (failed(loaded)) {
    hasFailed = true;
    return user->emitError() << reason;
  }
  os << digestOf(StringRef(loaded->bytes.data(), loaded->bytes.size()));
  return digestOf(text);
}

/// The graph, function or part of the training information around `op`.
static StringRef graphOf(Operation *op) {
  auto function = op->getParentOfType<func::FuncOp>();
  return function ? function.getSymName() : StringRef();
}

/// All that a node says, with subgraphs, and without its texts for people.
void ContentsWriter::describeNode(Operation *op, llvm::raw_ostream &os) {
  if (auto node = dyn_cast<onnx::NodeOpInterface>(op)) {
    os << node.getDomain() << '\0' << node.getOpType() << '\0'
       << node.getNodeName() << '\0'
       << replacer.replace(node.getNodeAttributes());
    if (auto generic = dyn_cast<onnx::NodeOp>(op))
      os << generic.getOverload().value_or("") << '\0'
         << generic.getGraphsAttr();
  } else if (auto initializer = dyn_cast<onnx::InitializerOp>(op)) {
    os << replacer.replace(initializer.getValue());
  } else {
    os << op->getName() << op->getAttrDictionary();
  }
  for (Value operand : op->getOperands())
    os << '\0' << onnx::nameOf(operand);
  for (Value result : op->getResults())
    os << '\0' << onnx::nameOf(result);
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      describeNode(&inner, os);
}

void ContentsWriter::writeNode(onnx::NodeOpInterface node) {
  Operation *op = node.getOperation();
  std::string name = node.getNodeName().str();
  for (Value result : op->getResults())
    if (name.empty())
      name = onnx::nameOf(result);
  std::string text;
  llvm::raw_string_ostream os(text);
  describeNode(op, os);
  std::string type = node.getDomain().empty()
                         ? node.getOpType().str()
                         : (node.getDomain() + "." + node.getOpType()).str();
  json.object([&] {
    json.attribute("graph", llvm::json::fixUTF8(graphOf(op)));
    json.attribute("node", llvm::json::fixUTF8(name));
    json.attribute("op", llvm::json::fixUTF8(type));
    json.attribute("digest", digestOf(text));
  });
}

void ContentsWriter::writeWeight(onnx::InitializerOp initializer) {
  ElementsAttr elements = initializer.getWeight();
  auto type =
      elements ? dyn_cast<ShapedType>(elements.getType()) : ShapedType();
  std::string digest;
  if (elements)
    digest = digestOfElements(elements, initializer).value_or("");
  json.object([&] {
    json.attribute("graph", llvm::json::fixUTF8(graphOf(initializer)));
    json.attribute("weight", llvm::json::fixUTF8(initializer.getName()));
    json.attribute("dtype",
                   type ? nameOfElementType(type.getElementType()) : "");
    json.attributeArray("shape", [&] {
      if (type)
        for (int64_t size : type.getShape())
          json.value(size);
    });
    json.attribute("parameters", type ? type.getNumElements() : 0);
    json.attribute("digest", digest);
  });
}

LogicalResult ContentsWriter::write() {
  json.object([&] {
    json.attributeArray("nodes", [&] {
      module.walk<WalkOrder::PreOrder>(
          [&](onnx::NodeOpInterface node) { writeNode(node); });
    });
    json.attributeArray("weights", [&] {
      module.walk<WalkOrder::PreOrder>(
          [&](onnx::InitializerOp initializer) { writeWeight(initializer); });
    });
  });
  return failure(hasFailed);
}

LogicalResult slin::report::printContents(ModuleOp module,
                                          llvm::raw_ostream &os) {
  return ContentsWriter(module, os).write();
}
