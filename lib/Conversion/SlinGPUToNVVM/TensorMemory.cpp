//===- TensorMemory.cpp - Copies with mbarriers ---------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies into the own block take the form for that, which needs PTX 8.6.
//
//===----------------------------------------------------------------------===//

#include "TensorMemory.h"

using namespace mlir;

namespace slin::slingpu {

void Ring::initialise(KernelBuilder &build, int64_t arrivals) const {
  for (int64_t stage = 0; stage < stages; ++stage) {
    Value number = build.i32(stage);
    NVVM::MBarrierInitOp::create(build, full(build, number), build.i32(1),
                                 /*predicate=*/Value());
    NVVM::MBarrierInitOp::create(build, empty(build, number),
                                 build.i32(arrivals), /*predicate=*/Value());
  }
  NVVM::FenceMbarrierInitOp::create(build);
}

Value Ring::full(KernelBuilder &build, Value stage) const {
  return build.at(build.at(shared, barriers), build.shl(stage, 3));
}

Value Ring::empty(KernelBuilder &build, Value stage) const {
  return build.at(build.at(shared, barriers + 8 * stages), build.shl(stage, 3));
}

std::pair<Value, Value> Ring::next(KernelBuilder &build, Value stage,
                                   Value parity) const {
  Value following = build.add(stage, 1);
  Value wraps = build.equal(following, stages);
  return {build.select(wraps, 0, following),
          build.select(wraps, build.bitXor(parity, 1), parity)};
}

void Ring::release(KernelBuilder &build, Value stage, int64_t cluster) const {
  Value barrier = empty(build, stage);
  if (cluster == 1) {
    NVVM::MBarrierArriveOp::create(build, Type(), barrier, Value());
    return;
  }
  for (int64_t rank = 0; rank < cluster; ++rank)
    NVVM::MBarrierArriveOp::create(build, Type(),
                                   mapToRank(build, barrier, build.i32(rank)),
                                   Value(), NVVM::MemScopeKind::CLUSTER);
}

void expectBytes(KernelBuilder &build, Value barrier, int64_t bytes) {
  NVVM::MBarrierArriveExpectTxOp::create(
      build, Type(), barrier, build.i32(bytes), NVVM::MemScopeKind::CTA,
      /*relaxed=*/false, /*predicate=*/Value());
}

void prefetchMap(KernelBuilder &build, Value map) {
  NVVM::PrefetchOp::create(build, NVVM::PrefetchCacheLevelAttr(),
                           NVVM::CacheEvictionPriorityAttr(), map,
                           /*predicate=*/Value(), /*tensormap=*/true);
}

void loadTile(KernelBuilder &build, Value target, Value map,
              ValueRange coordinates, Value barrier) {
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
      build, target, map, coordinates, barrier, /*im2colOffsets=*/ValueRange(),
      /*multicastMask=*/Value(), /*l2CacheHint=*/Value(),
      NVVM::TMALoadMode::TILE, /*isCTAOnly=*/true, NVVM::CTAGroupKindAttr(),
      /*predicate=*/Value());
}

void multicastTile(KernelBuilder &build, Value target, Value map,
                   ValueRange coordinates, Value barrier, int64_t cluster) {
  Value place = LLVM::AddrSpaceCastOp::create(
      build, build.pointer(Space::Cluster), target);
  Value mask = build.number((1 << cluster) - 1, build.getI16Type());
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
      build, place, map, coordinates, barrier, /*im2colOffsets=*/ValueRange(),
      mask, /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE,
      /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
}

void storeTile(KernelBuilder &build, Value source, Value map,
               ValueRange coordinates) {
  NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
      build, map, source, coordinates, /*l2CacheHint=*/Value(),
      NVVM::TMAStoreMode::TILE, /*predicate=*/Value());
}

void commitStores(KernelBuilder &build) {
  NVVM::CpAsyncBulkCommitGroupOp::create(build);
}

void waitForStores(KernelBuilder &build, int64_t groups, bool written) {
  NVVM::CpAsyncBulkWaitGroupOp::create(
      build, uint32_t(groups), written ? UnitAttr() : build.getUnitAttr());
}

void waitForDependencies(KernelBuilder &build) {
  NVVM::GriddepcontrolOp::create(build, NVVM::GridDepActionKind::wait);
}

void launchDependents(KernelBuilder &build) {
  NVVM::GriddepcontrolOp::create(build,
                                 NVVM::GridDepActionKind::launch_dependents);
}

void synchroniseCluster(KernelBuilder &build, int64_t cluster) {
  if (cluster == 1) {
    NVVM::BarrierOp::create(build);
    return;
  }
  NVVM::ClusterArriveOp::create(build, build.getUnitAttr());
  NVVM::ClusterWaitOp::create(build, build.getUnitAttr());
}

void synchronise(KernelBuilder &build, Value id, int64_t threads) {
  NVVM::BarrierOp::create(build, Type(), id, build.i32(threads),
                          NVVM::BarrierReductionAttr(), Value());
}

Value mapToRank(KernelBuilder &build, Value place, Value rank) {
  return NVVM::MapaOp::create(build, build.pointer(Space::Cluster), place,
                              rank);
}

} // namespace slin::slingpu
