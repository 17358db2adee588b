//===- ONNXDialect.td - The onnx dialect --------------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect that says what an ONNX model says, no more and no less: whatever
// is imported is written back equal. It is not onnx-mlir's dialect of the same
// name, which normalises models to one opset and so cannot give them back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXDIALECT_TD
#define SLIN_DIALECT_ONNX_IR_ONNXDIALECT_TD

include "mlir/IR/OpBase.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::slin::onnx";
  let summary = "ONNX models, lossless and with weights by reference";
  let description = [{
    A model is a `builtin.module`; its graph is the `func.func` that carries
    `onnx.graph`, each model-local function one that carries `onnx.function`.
    Nodes that transformers and slin's rewrites touch are typed ops
    (`onnx.MatMul`, `onnx.ms.Gelu`); every other node of any domain and version
    is an `onnx.node`. Names are data: node names, output names and the names of
    graph inputs and outputs are attributes and survive every pass and every
    dump. Weights are references into files (`#onnx.weight`).

    No op of the dialect folds, is constant-like or is free of side effects:
    upstream's canonicalizer and CSE leave an imported model as it is.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// The weights of this context's models. Never null.
    ::slin::weights::WeightStore &getWeightStore() { return *weightStore; }
    std::shared_ptr<::slin::weights::WeightStore> shareWeightStore() {
      return weightStore;
    }
    /// Lets several contexts work on the same weights.
    void setWeightStore(std::shared_ptr<::slin::weights::WeightStore> store) {
      weightStore = std::move(store);
    }

  private:
    void registerTypes();
    void registerAttributes();
    std::shared_ptr<::slin::weights::WeightStore> weightStore;

  public:
  }];
}

#endif // SLIN_DIALECT_ONNX_IR_ONNXDIALECT_TD
