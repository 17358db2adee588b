//===- EmitterLimits.cpp - Emitters say what they cannot do ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op does not know its target. What no architecture of its emitter can do is
// wrong in any case; the rest is seen when kernels are written for one.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "slin/Conversion/EmitterLimits.h"

#include "slin/Dialect/SlinGPU/IR/Architecture.h"
#include "slin/Dialect/SlinGPU/IR/ScheduleLimits.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {
class EmitterLimits final : public ScheduleLimits {
public:
  using ScheduleLimits::ScheduleLimits;
  std::string reasonAgainst(ScheduledOpInterface op) const override;
};
} // namespace

std::string EmitterLimits::reasonAgainst(ScheduledOpInterface op) const {
  const KernelEmitter *emitter = findEmitter(op.getScheduleAttr().getEmitter());
  // Emitters that are not known here may be somebody else's.
  if (!emitter || !emitter->takes(op))
    return "";
  int64_t sharedBytes = 0;
  for (const Architecture &architecture : getArchitectures())
    if (emitter->runsOn(architecture))
      sharedBytes = std::max(sharedBytes, architecture.sharedBytes);
  return emitter->reasonAgainst(op, sharedBytes);
}

void slin::slingpu::registerEmitterLimits(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, SlinGPUDialect *dialect) {
    dialect->addInterfaces<EmitterLimits>();
  });
}
