//===- PackedWeight.cpp - Weights as the kernel reads them ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bytes are moved, never converted: a packed weight is as narrow as the
// model's.
//
//===----------------------------------------------------------------------===//

#include "PackedWeight.h"

#include "slin/Weights/WeightInterfaces.h"

using namespace mlir;
using namespace slin;

Panels slin::panelsOf(const Contraction &c, int64_t lanes) {
  auto panelsFor = [&](int64_t vectors) {
    int64_t width = vectors * lanes;
    int64_t perRun = (c.runLength + width - 1) / width;
    return Panels{width, perRun,  c.runs * perRun,
                  lanes, vectors, c.runLength % width == 0};
  };
  Panels one = panelsFor(1), two = panelsFor(2);
  // Two vectors share what is read of the input, unless half of the last panel
  // would be empty and that is much of the whole.
  return two.perRun * 2 <= one.perRun + one.perRun / 4 ? two : one;
}

memref::GlobalOp slin::packWeight(const Contraction &c, const Panels &panels) {
  memref::GlobalOp weight = c.weight;
  auto value = cast<ElementsAttr>(*weight.getInitialValue());
  std::string reason;
  FailureOr<weights::Elements> elements =
      weights::loadElements(value, weight.getOperation(), reason);
  if (failed(elements)) {
    weight.emitError() << "the weight cannot be read: " << reason;
    return {};
  }
  Type elementType = value.getElementType();
  size_t bytes = weights::bitsPerElement(elementType) / 8;
  std::vector<char> packed(panels.count * c.depth * panels.width * bytes);
  char *out = packed.data();
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    int64_t run = panel / panels.perRun;
    int64_t first = panel % panels.perRun * panels.width;
    int64_t width = std::min(panels.width, c.runLength - first);
    for (int64_t k = 0; k < c.depth; ++k, out += panels.width * bytes)
      for (int64_t i = 0; i < width; ++i) {
        int64_t column = run * c.runStart + (first + i) * c.columnStride;
        int64_t place = c.columnPlaces[column] + c.depthPlaces[k];
        std::memcpy(out + i * bytes, elements->bytes.data() + place * bytes,
                    bytes);
      }
  }
  SmallVector<int64_t> shape{panels.count, c.depth, panels.width};
  auto type = RankedTensorType::get(shape, elementType);
  ElementsAttr attribute = weights::makeWeight(type, packed);
  if (!attribute)
    attribute = DenseElementsAttr::getFromRawBuffer(type, packed);
  auto module = weight->getParentOfType<ModuleOp>();
  SymbolTable symbols(module);
  OpBuilder builder(weight);
  auto global = memref::GlobalOp::create(
      builder, weight.getLoc(), (weight.getSymName() + "_panels").str(),
      builder.getStringAttr("private"), MemRefType::get(shape, elementType),
      attribute, /*constant=*/true, /*alignment=*/IntegerAttr());
  // Unique by the table's own rule.
  symbols.insert(global);
  return global;
}
