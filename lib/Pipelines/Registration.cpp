//===- Registration.cpp - Everything slin brings --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The list of dialects and passes.
//
//===----------------------------------------------------------------------===//

#include "slin/Pipelines/Registration.h"

#include "slin/Conversion/EmitterLimits.h"
#include "slin/Conversion/Passes.h"
#include "slin/Dialect/ONNX/Analysis/Passes.h"
#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"
#include "slin/Dialect/Slin/IR/SlinDialect.h"
#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Dialect/SlinGPU/IR/SlinGPUDialect.h"
#include "slin/Dialect/SlinGPU/Transforms/Passes.h"
#include "slin/Pipelines/CPU.h"
#include "slin/Pipelines/Compile.h"
#include "slin/Pipelines/Compress.h"
#include "slin/Pipelines/Merge.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {
/// Gives the dialect of a new context the weights of the process.
class ShareWeights final
    : public DialectExtension<ShareWeights, slin::onnx::ONNXDialect> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ShareWeights)
  explicit ShareWeights(std::shared_ptr<slin::weights::WeightStore> store)
      : store(std::move(store)) {}
  void apply(MLIRContext *, slin::onnx::ONNXDialect *dialect) const override {
    dialect->setWeightStore(store);
  }

private:
  std::shared_ptr<slin::weights::WeightStore> store;
};
} // namespace

void slin::registerDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, onnx::ONNXDialect, SlinDialect,
                  slingpu::SlinGPUDialect, mlir::gpu::GPUDialect,
                  NVVM::NVVMDialect>();
  registerCPUDialects(registry);
  slingpu::registerEmitterLimits(registry);
}

void slin::registerPasses() {
  mlir::registerTransformsPasses();
  onnx::registerONNXAnalysisPasses();
  onnx::registerONNXPasses();
  registerSlinConversionPasses();
  registerSlinPasses();
  registerCompilePipeline();
  slingpu::registerSlinGPUPasses();
  registerCompressPipeline();
  registerMergePipeline();
  registerCPUPipeline();
}

void slin::shareWeights(DialectRegistry &registry,
                        std::shared_ptr<weights::WeightStore> store) {
  registry.addExtension(TypeID::get<ShareWeights>(),
                        std::make_unique<ShareWeights>(std::move(store)));
}
