//===- SlinGPUInterfaces.td - What kernels are made for ----*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all ops have that become kernels.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUINTERFACES_TD
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUINTERFACES_TD

include "mlir/IR/OpBase.td"

def SlinGPU_ScheduledOpInterface : OpInterface<"ScheduledOpInterface"> {
  let cppNamespace = "::slin::slingpu";
  let description = [{
    An op that becomes one kernel, which its schedule describes.
  }];
  let methods = [
    InterfaceMethod<"The schedule; null where none is chosen yet.",
      "::slin::slingpu::ScheduleAttr", "getScheduleAttr">,
    InterfaceMethod<"Gives the op a schedule.",
      "void", "setScheduleAttr", (ins "::slin::slingpu::ScheduleAttr":$schedule)>,
    InterfaceMethod<"The type of activations and weights.",
      "::mlir::FloatType", "getElementType">,
    InterfaceMethod<"The activation, a name of the catalogue; empty where there is none.",
      "::llvm::StringRef", "getActivationName">,
    InterfaceMethod<"The slope or scale of the activation, where it has one.",
      "::std::optional<double>", "getActivationParameter">,
    InterfaceMethod<"What a kernel with this schedule does for `tokens` tokens.",
      "::slin::slingpu::KernelWork", "getWork",
      (ins "::slin::slingpu::ScheduleAttr":$schedule, "int64_t":$tokens)>,
    InterfaceMethod<"Sizes and activation, as a part of the name of a kernel.",
      "::std::string", "getKernelName">,
  ];
}

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUINTERFACES_TD
