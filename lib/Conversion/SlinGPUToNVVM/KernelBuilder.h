//===- KernelBuilder.h - Writes the bodies of kernels -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic on 32-bit numbers, addresses, loops and barriers in the words of
// kernels. Numbers that are known when the kernel is made are folded, so that a
// kernel reads as its formulas do.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELBUILDER_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace slin::slingpu {

/// A value, or a number that becomes a constant of the type that is needed.
struct Operand {
  Operand(mlir::Value value) : value(value) {}
  Operand(int64_t number) : number(number) {}
  Operand(int number) : number(number) {}
  mlir::Value value;
  int64_t number = 0;
};

/// NVVM's address spaces.
enum class Space : unsigned {
  Generic = 0,
  Global = 1,
  Shared = 3,
  Tensor = 6,
  Cluster = 7
};

class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  /// A constant of an integer type.
  mlir::Value number(int64_t value, mlir::Type type);
  mlir::Value i32(int64_t value) { return number(value, getI32Type()); }
  mlir::Value f32(double value);

  // Integers, unsigned; at least one operand is a value.
  mlir::Value add(Operand a, Operand b);
  mlir::Value sub(Operand a, Operand b);
  mlir::Value mul(Operand a, Operand b);
  mlir::Value div(Operand a, Operand b);
  mlir::Value rem(Operand a, Operand b);
  mlir::Value shl(Operand a, Operand b);
  mlir::Value shr(Operand a, Operand b);
  mlir::Value bitAnd(Operand a, Operand b);
  mlir::Value bitOr(Operand a, Operand b);
  mlir::Value bitXor(Operand a, Operand b);
  mlir::Value min(Operand a, Operand b);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, Operand a,
                      Operand b);
  mlir::Value less(Operand a, Operand b) {
    return compare(mlir::arith::CmpIPredicate::ult, a, b);
  }
  mlir::Value equal(Operand a, Operand b) {
    return compare(mlir::arith::CmpIPredicate::eq, a, b);
  }
  mlir::Value select(mlir::Value condition, Operand a, Operand b);
  mlir::Value extend(mlir::Value i32) {
    return mlir::arith::ExtUIOp::create(*this, getI64Type(), i32);
  }

  /// The same number (i32), of which LLVM knows nothing.
  mlir::Value hide(mlir::Value number);

  mlir::Type pointer(Space space) {
    return mlir::LLVM::LLVMPointerType::get(getContext(), unsigned(space));
  }
  /// `base` moved by `offset` bytes (i32 or i64).
  mlir::Value at(mlir::Value base, Operand offset);

  /// The warp of a thread, through a shuffle, so that branches on it do not
  /// diverge.
  mlir::Value warpOf(mlir::Value thread);

  // Control flow. Bodies are called once, while the region is open.
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body,
              llvm::function_ref<void()> otherwise = {});
  /// A loop from `from` to `to` by `step`; `body` gets the counter and the
  /// carried values and gives the next ones.
  llvm::SmallVector<mlir::Value>
  loop(Operand from, Operand to, Operand step, mlir::ValueRange carried,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                         mlir::ValueRange)>
           body);
  /// Spins until the phase of `parity` of an mbarrier in shared memory has
  /// ended.
  void waitBarrier(mlir::Value barrier, mlir::Value parity);

private:
  template <typename Op>
  mlir::Value binary(Operand a, Operand b);
  mlir::Value materialise(Operand operand, mlir::Type type);
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELBUILDER_H
