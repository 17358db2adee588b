//===- Fuse.cpp - Two products become one op ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// More features between two products than on either side: no product is in two
// such pairs, so that the order of fusions does not matter. Constraints have
// the numbers that they have in Passes.td.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/Transforms/Fusion.h"
#include "slin/Dialect/SlinGPU/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

namespace slin::slingpu {
#define GEN_PASS_DEF_FUSE
#include "slin/Dialect/SlinGPU/Transforms/Passes.h.inc"
} // namespace slin::slingpu

using namespace mlir;
using namespace slin::slingpu;

namespace {
/// Products that are to be one op; the gate's is null where there is none.
struct Core {
  BlockGemmOp first, gate, second;

  SmallVector<BlockGemmOp> products() const {
    SmallVector<BlockGemmOp> all{first, second};
    if (gate)
      all.push_back(gate);
    return all;
  }
};

struct FusePass final : slin::slingpu::impl::FuseBase<FusePass> {
  using FuseBase::FuseBase;
  void runOnOperation() override;
};
} // namespace

static BlockGemmOp productOf(Value value) {
  return value ? value.getDefiningOp<BlockGemmOp>() : BlockGemmOp();
}

/// The products around the hidden features that `second` reads, if there are
/// more of these than of others.
static std::optional<Core> coreAround(BlockGemmOp second) {
  BlockGemmOp first = productOf(second.getInput());
  if (!first)
    return std::nullopt;
  int64_t hidden = first.getOutputFeatures();
  if (hidden <= first.getInputFeatures() ||
      hidden <= second.getOutputFeatures())
    return std::nullopt;
  return Core{first, productOf(first.getGate()), second};
}

/// The first token count that `op` is there for.
static int64_t firstTokens(Operation *op) {
  auto entry = op->getParentOfType<EntryOp>();
  return entry ? entry.getRange(op->getParentRegion()->getRegionNumber()).first
               : 1;
}

/// What follows a product before its result, as words; "" where nothing does.
static std::string followersOf(BlockGemmOp op) {
  SmallVector<StringRef> found;
  if (op.getBias())
    found.push_back("a bias");
  if (op.getActivation())
    found.push_back("an activation");
  if (op.getGate())
    found.push_back("a gate");
  if (op.getResidual())
    found.push_back("a residual");
  return llvm::join(found, " and ");
}

/// C5 to C7.
static std::string reasonAgainstLinks(const Core &core) {
  BlockGemmOp first = core.first, gate = core.gate, second = core.second;
  if (!first->hasOneUse())
    return llvm::formatv("expected nothing else to read the hidden features, "
                         "found {0} readers",
                         llvm::range_size(first->getUsers()));
  if (first.getResidual())
    return "expected no residual of the hidden features, found one";
  std::string followers = followersOf(second);
  if (!followers.empty())
    return "expected nothing behind the second product, found " + followers;
  if (!first.getGate())
    return "";
  if (!gate)
    return "expected a gate that a product gives, found another";
  if (!gate->hasOneUse())
    return llvm::formatv("expected nothing else to read the gate, found {0} "
                         "readers",
                         llvm::range_size(gate->getUsers()));
  if (gate.getActivation() || gate.getGate() || gate.getResidual())
    return "expected a bias at most behind the gate's product, found " +
           followersOf(gate);
  return "";
}

static std::string reasonAgainst(const Core &core, const FusionLimits &limits) {
  // C1
  int64_t tokens = firstTokens(core.second);
  if (tokens < limits.minTokens)
    return llvm::formatv("expected a region for {0} tokens or more, found one "
                         "from {1}",
                         limits.minTokens, tokens);
  for (BlockGemmOp product : core.products()) {
    // C2
    if (product.getSchedule())
      return "expected products that have no schedule yet, found one by " +
             product.getSchedule()->getEmitter().str();
    // C3
    if (product.getElementType().isF32())
      return "expected elements of bf16 or f16, found f32";
    // C4
    if (product.getOffsets())
      return "expected products of all tokens, found one by experts";
    if (product.getBlocks() != 1)
      return llvm::formatv("expected products of one block, found one of {0}",
                           product.getBlocks());
  }
  std::string reason = reasonAgainstLinks(core);
  if (!reason.empty())
    return reason;
  // C8
  BlockGemmOp gate = core.gate, second = core.second;
  int64_t most = std::max(BlockGemmOp(core.first).getInputFeatures(),
                          second.getOutputFeatures());
  if (gate)
    most = std::max(most, gate.getInputFeatures());
  if (most > limits.maxRank)
    return llvm::formatv("expected inputs and a result of at most {0} "
                         "features, found {1}",
                         limits.maxRank, most);
  return "";
}

static void fuse(const Core &core) {
  BlockGemmOp first = core.first, gate = core.gate, second = core.second;
  OpBuilder builder(second);
  auto fused = FFNCoreOp::create(
      builder, builder.getFusedLoc({first.getLoc(), second.getLoc()}),
      second.getType(), first.getInput(), first.getWeight(), second.getWeight(),
      first.getBias(), gate ? gate.getInput() : Value(),
      gate ? gate.getWeight() : Value(), gate ? gate.getBias() : Value(),
      first.getActivationAttr(), first.getParameterAttr(),
      /*schedule=*/nullptr);
  second.replaceAllUsesWith(fused.getResult());
  second.erase();
  first.erase();
  if (gate)
    gate.erase();
}

unsigned slin::slingpu::fuseCores(
    Operation *root, const FusionLimits &limits,
    function_ref<void(BlockGemmOp, BlockGemmOp, StringRef)> report) {
  SmallVector<Core> cores;
  root->walk([&](BlockGemmOp op) {
    if (std::optional<Core> core = coreAround(op))
      cores.push_back(*core);
  });
  unsigned fused = 0;
  for (const Core &core : cores) {
    std::string reason = reasonAgainst(core, limits);
    if (report)
      report(core.first, core.second, reason);
    if (!reason.empty())
      continue;
    fuse(core);
    ++fused;
  }
  return fused;
}

static void remarkOn(BlockGemmOp first, BlockGemmOp second, StringRef reason) {
  auto entry = second->getParentOfType<EntryOp>();
  std::string path = entry ? entry.getPath().str() : "";
  std::string what =
      llvm::formatv("'{0}': products of {1}, {2} and {3} features", path,
                    first.getInputFeatures(), first.getOutputFeatures(),
                    second.getOutputFeatures());
  auto options = remark::RemarkOpts::name(reason.empty() ? "Fused" : "Apart")
                     .category("slin-gpu-fuse")
                     .function(path);
  if (reason.empty())
    remark::passed(second.getLoc(), options) << what + " are one op";
  else
    remark::missed(second.getLoc(), options)
        << what + " stay apart: " + reason.str();
}

void FusePass::runOnOperation() {
  for (auto [name, value] : {std::pair<StringRef, int64_t>{"max-rank", maxRank},
                             {"min-tokens", minTokens}})
    if (value < 1) {
      emitError(getOperation().getLoc())
          << getArgument() << ": expected a '" << name
          << "' of at least 1, found " << value;
      return signalPassFailure();
    }
  fuseCores(getOperation(), {maxRank, minTokens}, remarkOn);
}
