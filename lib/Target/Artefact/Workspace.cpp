//===- Workspace.cpp - Where values between launches lie ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The workspace is cut into slots, each as large as the largest of the values
// that use it in turn. Offsets have to be one number of the format and
// multiples of 256 for every number of tokens: tokens are counted in granules
// that make the bytes of each slot such a multiple.
//
//===----------------------------------------------------------------------===//

#include "Workspace.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

using namespace slin::artefact;

std::optional<Extent> slin::artefact::extentOf(mlir::RankedTensorType type) {
  if (!type.getElementType().isIntOrFloat())
    return std::nullopt;
  uint64_t width = type.getElementTypeBitWidth(), bytes = width / 8;
  bool isStatic = type.hasStaticShape();
  if (width % 8 != 0 || (!isStatic && type.getNumDynamicDims() != 1))
    return std::nullopt;
  for (int64_t size : type.getShape())
    if (!mlir::ShapedType::isDynamic(size))
      bytes = llvm::SaturatingMultiply<uint64_t>(bytes, size);
  // More is no buffer of any machine, and sums of less do not overflow.
  if (bytes == 0 || bytes >> 31 != 0)
    return std::nullopt;
  return isStatic ? Extent{0, bytes} : Extent{bytes, 0};
}

slingpu_number slin::artefact::constantNumber(uint64_t value) {
  return {0, 1, 0, value};
}

slingpu_number slin::artefact::tokenNumber(uint32_t divisor,
                                           uint64_t multiplier,
                                           uint64_t constant) {
  if (multiplier == 0)
    return constantNumber(constant);
  return {1, divisor, multiplier, constant};
}

namespace {
struct Slot {
  Extent extent;
  /// The last launch that reads what is there.
  unsigned last;
};
} // namespace

/// The free slot that has to grow least for `life`; the smallest of those that
/// need not. As many as there are where none is free.
static size_t findSlot(llvm::ArrayRef<Slot> slots, const Life &life) {
  auto growthOf = [&](const Slot &slot) {
    auto more = [](uint64_t has, uint64_t needs) {
      return needs > has ? needs - has : 0;
    };
    return std::make_pair(more(slot.extent.perToken, life.extent.perToken),
                          more(slot.extent.constant, life.extent.constant));
  };
  size_t best = slots.size();
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].last >= life.first)
      continue;
    if (best == slots.size() ||
        std::make_pair(growthOf(slots[i]), slots[i].extent.perToken) <
            std::make_pair(growthOf(slots[best]), slots[best].extent.perToken))
      best = i;
  }
  return best;
}

/// The fewest tokens for which every slot takes a multiple of the alignment.
static uint64_t granuleOf(llvm::ArrayRef<Slot> slots) {
  uint64_t granule = 1;
  for (const Slot &slot : slots)
    if (slot.extent.perToken != 0)
      granule = std::max<uint64_t>(
          granule, SLINGPU_WORKSPACE_ALIGNMENT /
                       std::gcd<uint64_t>(slot.extent.perToken,
                                          SLINGPU_WORKSPACE_ALIGNMENT));
  return granule;
}

llvm::DenseMap<mlir::Value, Place>
slin::artefact::placeInWorkspace(llvm::ArrayRef<Life> lives) {
  llvm::SmallVector<Slot> slots;
  llvm::SmallVector<size_t> slotOf;
  for (const Life &life : lives) {
    size_t index = findSlot(slots, life);
    if (index == slots.size())
      slots.push_back({});
    Slot &slot = slots[index];
    slot.extent.perToken = std::max(slot.extent.perToken, life.extent.perToken);
    slot.extent.constant = std::max(slot.extent.constant, life.extent.constant);
    slot.last = life.last;
    slotOf.push_back(index);
  }
  uint64_t granule = granuleOf(slots);
  llvm::SmallVector<slingpu_number> offsets;
  Extent end;
  for (const Slot &slot : slots) {
    offsets.push_back(tokenNumber(granule, end.perToken, end.constant));
    end.perToken += slot.extent.perToken * granule;
    end.constant +=
        llvm::alignTo(slot.extent.constant, SLINGPU_WORKSPACE_ALIGNMENT);
  }
  llvm::DenseMap<mlir::Value, Place> places;
  for (auto [life, slot] : llvm::zip(lives, slotOf))
    places[life.value] = {offsets[slot], tokenNumber(1, life.extent.perToken,
                                                     life.extent.constant)};
  return places;
}
