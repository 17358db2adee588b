//===- ExternalizeWeights.cpp - Weights stay where they are ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM would copy the bytes of a constant into its module, then into an object
// file, then into memory. Instead whoever runs the code binds the symbol of a
// weight to the bytes where they already lie.
//
//===----------------------------------------------------------------------===//

#include "slin/Conversion/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace slin {
#define GEN_PASS_DEF_EXTERNALIZEWEIGHTS
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;

/// Constants of at most this many elements stay in the code.
static constexpr int64_t kSmall = 16;

namespace {
struct ExternalizeWeightsPass final
    : slin::impl::ExternalizeWeightsBase<ExternalizeWeightsPass> {
  using ExternalizeWeightsBase::ExternalizeWeightsBase;
  void runOnOperation() override;
};
} // namespace

void ExternalizeWeightsPass::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<NamedAttribute> weights;
  SymbolTableCollection tables;
  SymbolUserMap users(tables, module);
  for (auto global :
       llvm::make_early_inc_range(module.getOps<memref::GlobalOp>())) {
    // A weight that products read in panels only.
    if (global.isPrivate() && users.useEmpty(global)) {
      global.erase();
      continue;
    }
    auto value = dyn_cast_or_null<ElementsAttr>(
        global.getInitialValue().value_or(Attribute()));
    if (!value ||
        (value.getNumElements() <= kSmall && isa<DenseElementsAttr>(value)))
      continue;
    weights.emplace_back(global.getSymNameAttr(), value);
    global.removeInitialValueAttr();
    // The bytes lie where they lie, at multiples of an element only.
    global.removeAlignmentAttr();
    global.removeSymVisibilityAttr();
  }
  if (!weights.empty())
    module->setAttr("slin.weights",
                    DictionaryAttr::get(&getContext(), weights));
}
