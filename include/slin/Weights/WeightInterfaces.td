//===- WeightInterfaces.td - How weights are handed out -----*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The two interfaces through which every room gets numbers: an attribute that
// can load its elements, and an op whose result is a weight.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_WEIGHTS_WEIGHTINTERFACES_TD
#define SLIN_WEIGHTS_WEIGHTINTERFACES_TD

include "mlir/IR/OpBase.td"

def Slin_ElementsSourceAttrInterface : AttrInterface<"ElementsSourceAttrInterface"> {
  let cppNamespace = "::slin::weights";
  let description = "An attribute that can load the bytes of its elements.";
  let methods = [
    InterfaceMethod<[{
      The elements, or failure with the reason. `base` is the folder of the
      model the attribute belongs to; empty when unknown.
    }], "::mlir::FailureOr<::slin::weights::Elements>", "loadElements",
    (ins "::llvm::StringRef":$base, "std::string &":$reason)>
  ];
}

def Slin_WeightOpInterface : OpInterface<"WeightOpInterface"> {
  let cppNamespace = "::slin::weights";
  let description = "An op whose first result is a constant tensor of the model.";
  let methods = [
    InterfaceMethod<"The attribute that holds the weight, or null if it is no tensor.",
    "::mlir::ElementsAttr", "getWeight", (ins)>,
    InterfaceMethod<"The weight's name in the model, for messages.",
    "::llvm::StringRef", "getWeightName", (ins)>,
    InterfaceMethod<"The elements, or failure with the reason.",
    "::mlir::FailureOr<::slin::weights::Elements>", "getElements",
    (ins "std::string &":$reason), [{}], [{
      return ::slin::weights::loadElements($_op.getWeight(), $_op.getOperation(), reason);
    }]>
  ];
}

#endif // SLIN_WEIGHTS_WEIGHTINTERFACES_TD
