//===- WidenBFloat16.cpp - An f32 copy of a bf16 model --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX Runtime's CPU kernels do not compute in bf16, so that a bf16 model can
// neither be calibrated nor compared there. bf16 is f32's upper half: weights
// stay what they are.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/AttrTypeSubElements.h"

#include <cstring>

namespace slin::onnx {
#define GEN_PASS_DEF_WIDENBFLOAT16
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// Numbers of TensorProto.DataType.
static constexpr int64_t kFloat = 1, kBFloat16 = 16;

namespace {
struct WidenBFloat16Pass final
    : slin::onnx::impl::WidenBFloat16Base<WidenBFloat16Pass> {
  using WidenBFloat16Base::WidenBFloat16Base;
  void runOnOperation() override;

private:
  /// The same numbers in f32; null if they are not bf16 or cannot be read.
  ElementsAttr widen(ElementsAttr elements);
  void replaceTypes();
  void renameElementTypes(Operation *op);
  bool hasFailed = false;
};
} // namespace

static bool isBFloat16(ElementsAttr elements) {
  return elements.getElementType().isBF16();
}

ElementsAttr WidenBFloat16Pass::widen(ElementsAttr elements) {
  std::string reason;
  FailureOr<weights::Elements> loaded =
      weights::loadElements(elements, getOperation(), reason);
  if (failed(loaded)) {
    emitError(getOperation().getLoc()) << reason;
    hasFailed = true;
    return nullptr;
  }
  std::vector<char> bytes(loaded->bytes.size() * 2);
  for (size_t i = 0; i + 1 < loaded->bytes.size(); i += 2)
    std::memcpy(&bytes[2 * i + 2], &loaded->bytes[i], 2);
  auto type = RankedTensorType::get(elements.getShapedType().getShape(),
                                    Float32Type::get(&getContext()));
  return weights::makeWeight(type, bytes);
}

/// Details of a tensor without those that say where bf16 bytes lay.
static DictionaryAttr detailsOfNew(DictionaryAttr details) {
  NamedAttrList kept(details);
  for (StringRef name :
       {"encoding", "external_data", "data_location", "segment"})
    kept.erase(name);
  return kept.getDictionary(details.getContext());
}

void WidenBFloat16Pass::replaceTypes() {
  using Replacement = std::optional<std::pair<Attribute, WalkResult>>;
  AttrTypeReplacer replacer;
  replacer.addReplacement([](BFloat16Type type) -> std::optional<Type> {
    return Float32Type::get(type.getContext());
  });
  // Elements are replaced whole: a new type alone would contradict their bytes.
  replacer.addReplacement([&](ElementsAttr elements) -> Replacement {
    if (!isBFloat16(elements))
      return std::nullopt;
    ElementsAttr wide = widen(elements);
    return std::make_pair(Attribute(wide ? wide : elements),
                          WalkResult::skip());
  });
  replacer.addReplacement([&](TensorAttr tensor) -> Replacement {
    if (!isBFloat16(tensor.getElements()))
      return std::nullopt;
    ElementsAttr wide = widen(tensor.getElements());
    if (!wide)
      return std::make_pair(Attribute(tensor), WalkResult::skip());
    DictionaryAttr details = detailsOfNew(tensor.getDetails());
    Attribute result = details.empty()
                           ? Attribute(wide)
                           : TensorAttr::get(&getContext(), wide, details);
    return std::make_pair(result, WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(getOperation(), /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

static bool namesElementType(StringRef attribute) {
  return llvm::is_contained(
      {"to", "dtype", "output_dtype", "stash_type", "softmax_precision"},
      attribute);
}

static IntegerAttr renamed(NamedAttribute attribute) {
  auto number = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!number || !number.getType().isSignlessInteger(64) ||
      number.getInt() != kBFloat16 || !namesElementType(attribute.getName()))
    return nullptr;
  return IntegerAttr::get(number.getType(), kFloat);
}

void WidenBFloat16Pass::renameElementTypes(Operation *op) {
  if (auto node = dyn_cast<NodeOp>(op)) {
    NamedAttrList attributes(node.getNodeAttributes());
    bool changed = false;
    for (NamedAttribute attribute : node.getNodeAttributes())
      if (IntegerAttr wide = renamed(attribute)) {
        attributes.set(attribute.getName(), wide);
        changed = true;
      }
    if (changed)
      node.setOperatorAttributesAttr(attributes.getDictionary(&getContext()));
    return;
  }
  if (auto node = dyn_cast<NodeOpInterface>(op))
    for (NamedAttribute attribute : node.getNodeAttributes())
      if (IntegerAttr wide = renamed(attribute))
        op->setInherentAttr(attribute.getName(), wide);
}

void WidenBFloat16Pass::runOnOperation() {
  replaceTypes();
  getOperation().walk([&](Operation *op) { renameElementTypes(op); });
  if (hasFailed)
    signalPassFailure();
}
