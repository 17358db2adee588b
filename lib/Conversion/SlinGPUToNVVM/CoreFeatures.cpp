//===- CoreFeatures.cpp - Hidden features and results of cores -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pairs are stored at once where rows start at multiples of them.
//
//===----------------------------------------------------------------------===//

#include "CoreFeatures.h"
#include "Epilogue.h"

using namespace mlir;
using namespace slin::slingpu;

Value slin::slingpu::activateHidden(KernelBuilder &build, FFNCoreOp op,
                                    Value sum) {
  if (!op.getActivation())
    return sum;
  return *emitActivation(build, *op.getActivation(),
                         op.getActivationParameter(), sum);
}

Value slin::slingpu::roundPair(KernelBuilder &build, FFNCoreOp op, Value first,
                               Value second) {
  Value wide =
      LLVM::PoisonOp::create(build, VectorType::get(2, build.getF32Type()));
  wide = LLVM::InsertElementOp::create(build, wide, first, build.i32(0));
  wide = LLVM::InsertElementOp::create(build, wide, second, build.i32(1));
  return arith::TruncFOp::create(build, VectorType::get(2, op.getElementType()),
                                 wide);
}

void slin::slingpu::storeResultPair(KernelBuilder &build, FFNCoreOp op,
                                    Value output, Value first, Value second,
                                    Value token, Value feature) {
  int64_t features = op.getOutputFeatures();
  int64_t bytes = op.getElementType().getWidth() / 8;
  Value pair = roundPair(build, op, first, second);
  Value element =
      build.add(build.mul(build.extend(token),
                          build.number(features, build.getI64Type())),
                build.extend(feature));
  Value place = build.at(output, build.mul(element, bytes));
  auto storeOne = [&](int64_t n) {
    LLVM::StoreOp::create(
        build, LLVM::ExtractElementOp::create(build, pair, build.i32(n)),
        build.at(place, n * bytes), bytes);
  };
  build.ifThen(build.less(feature, features), [&] {
    if (features % 2 == 0) {
      LLVM::StoreOp::create(build, pair, place, 2 * bytes);
      return;
    }
    storeOne(0);
    build.ifThen(build.less(build.add(feature, 1), features),
                 [&] { storeOne(1); });
  });
}
