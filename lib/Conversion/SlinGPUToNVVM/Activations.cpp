//===- Activations.cpp - Activations in a kernel --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formulas of lib/Term in what PTX has: ex2.approx, rcp.approx and fma;
// no device library. Against f64, over all of f32's normal range, the basic
// functions are off by at most
//
//   exp      2^-22 + |x| 2^-24 of the value (the argument is rounded once)
//   tanh     4e-7 of the value
//   erfc     6e-7 of the value for |x| <= 2; the rounding of x^2 beyond it
//   expm1    1e-6 of the value
//   log1p    3e-7 of the value
//   divide   2^-22 of the value
//
// Coefficients are our own minimax fits in relative error. NaN stays NaN.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "slin/Term/Activation.h"

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

namespace {
class KernelArithmetic final : public term::Arithmetic<Value> {
public:
  explicit KernelArithmetic(KernelBuilder &build) : build(build) {}

  Value constant(double number) override { return build.f32(number); }
  Value add(Value a, Value b) override {
    return arith::AddFOp::create(build, a, b, fused());
  }
  Value multiply(Value a, Value b) override {
    return arith::MulFOp::create(build, a, b, fused());
  }
  Value divide(Value a, Value b) override {
    return multiply(
        a, NVVM::RcpApproxFtzF32Op::create(build, build.getF32Type(), b));
  }
  Value maximum(Value a, Value b) override {
    return arith::MaximumFOp::create(build, a, b);
  }
  Value minimum(Value a, Value b) override {
    return arith::MinimumFOp::create(build, a, b);
  }
  Value absolute(Value x) override { return LLVM::FAbsOp::create(build, x); }
  Value exp(Value x) override {
    return LLVM::CallIntrinsicOp::create(
               build, build.getF32Type(),
               build.getStringAttr("llvm.nvvm.ex2.approx.ftz.f32"),
               ValueRange(multiply(x, constant(1.4426950408889634))))
        .getResult(0);
  }
  Value expm1(Value x) override;
  Value log1p(Value x) override;
  Value tanh(Value x) override;
  Value erfc(Value x) override;
  Value selectNegative(Value x, Value negative, Value other) override {
    return selectLess(x, constant(0.0), negative, other);
  }

private:
  /// A product and a sum may become one fma.
  static arith::FastMathFlags fused() { return arith::FastMathFlags::contract; }
  Value selectLess(Value a, Value b, Value yes, Value no) {
    Value less = arith::CmpFOp::create(build, arith::CmpFPredicate::OLT, a, b);
    return arith::SelectOp::create(build, less, yes, no);
  }
  /// Coefficients from the constant term on.
  Value polynomial(Value x, ArrayRef<double> coefficients);
  Value tanhNearZero(Value x);

  KernelBuilder &build;
};
} // namespace

Value KernelArithmetic::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = constant(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = LLVM::FMAOp::create(build, sum, x, constant(coefficient));
  return sum;
}

/// x + x^3 p(x^2), for |x| <= 0.6.
Value KernelArithmetic::tanhNearZero(Value x) {
  Value square = multiply(x, x);
  Value p = polynomial(square, {-0.33333331346511841, 0.13332913815975189,
                                -0.053873844444751740, 0.021110599860548973,
                                -0.0062687001191079617});
  return LLVM::FMAOp::create(build, multiply(square, x), p, x);
}

/// Where exp(2 x) is near 1 its difference to 1 has few digits.
Value KernelArithmetic::tanh(Value x) {
  Value size = absolute(x);
  Value decay = exp(multiply(constant(-2.0), size));
  Value far = divide(add(constant(1.0), multiply(constant(-1.0), decay)),
                     add(constant(1.0), decay));
  far = selectNegative(x, multiply(constant(-1.0), far), far);
  return selectLess(size, constant(0.6), tanhNearZero(x), far);
}

/// 2 t / (1 - t) with t = tanh(x / 2) near 0.
Value KernelArithmetic::expm1(Value x) {
  Value t = tanhNearZero(multiply(constant(0.5), x));
  Value near = divide(multiply(constant(2.0), t),
                      add(constant(1.0), multiply(constant(-1.0), t)));
  return selectLess(absolute(x), constant(1.0), near,
                    add(exp(x), constant(-1.0)));
}

/// For 0 <= x <= 1, which is what softplus asks for: 2 atanh(x / (2 + x)).
Value KernelArithmetic::log1p(Value x) {
  Value s = divide(x, add(constant(2.0), x));
  return multiply(s, polynomial(multiply(s, s),
                                {2.0, 0.66666680574417114, 0.39998692274093628,
                                 0.28620722889900208, 0.21393235027790070,
                                 0.24413119256496429}));
}

/// exp(-x^2) t p(t) with t = 1 / (1 + |x| / 2), up to where f32 ends.
Value KernelArithmetic::erfc(Value x) {
  Value size = absolute(x);
  Value t =
      divide(constant(1.0), add(constant(1.0), multiply(constant(0.5), size)));
  Value p = polynomial(
      t, {0.28208768367767334, 0.28235349059104919, 0.24326089024543762,
          0.20207035541534424, -0.025179034098982811, 0.27598029375076294,
          -0.48538571596145630, 0.28370299935340881, -0.058890994638204575});
  Value tail = multiply(exp(multiply(multiply(constant(-1.0), size), size)),
                        multiply(t, p));
  return selectNegative(x, add(constant(2.0), multiply(constant(-1.0), tail)),
                        tail);
}

FailureOr<Value> slingpu::emitActivation(KernelBuilder &build, StringRef name,
                                         std::optional<double> parameter,
                                         Value x) {
  auto *known = term::findActivation<Value>(name);
  if (!known)
    return failure();
  KernelArithmetic arithmetic(build);
  return known->formula(arithmetic, x, parameter.value_or(0.0));
}

bool slingpu::hasActivation(StringRef name) {
  return term::findActivation<Value>(name);
}
