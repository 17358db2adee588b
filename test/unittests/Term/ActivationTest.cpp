//===- ActivationTest.cpp - Activations at known points -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formulas against values that are known without them.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Activation.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

using namespace slin::term;

static double at(llvm::StringRef name, double x, double parameter = 0.0) {
  std::optional<double> value = evaluateActivation(name, parameter, x);
  EXPECT_TRUE(value.has_value()) << name.str();
  return value.value_or(NAN);
}

TEST(ActivationTest, KnownValues) {
  EXPECT_EQ(at("identity", -3.0), -3.0);
  EXPECT_EQ(at("relu", -3.0), 0.0);
  EXPECT_EQ(at("relu", 3.0), 3.0);
  EXPECT_EQ(at("relu6", 7.0), 6.0);
  EXPECT_EQ(at("relu_squared", 3.0), 9.0);
  EXPECT_EQ(at("square", -3.0), 9.0);
  EXPECT_EQ(at("abs", -3.0), 3.0);
  EXPECT_EQ(at("sigmoid", 0.0), 0.5);
  EXPECT_EQ(at("hard_sigmoid", 0.0), 0.5);
  EXPECT_EQ(at("hard_swish", -3.0), 0.0);
  EXPECT_EQ(at("softsign", 1.0), 0.5);
  EXPECT_EQ(at("exp", 0.0), 1.0);
  EXPECT_NEAR(at("tanh", 1.0), 0.7615941559557649, 1e-15);
  EXPECT_NEAR(at("silu", 1.0), 0.7310585786300049, 1e-15);
  EXPECT_NEAR(at("quick_gelu", 1.0), 0.8457957659328212, 1e-15);
  EXPECT_NEAR(at("gelu", 1.0), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(at("gelu_tanh", 1.0), 0.8411919906082768, 1e-15);
  EXPECT_NEAR(at("softplus", 0.0), std::log(2.0), 1e-15);
  EXPECT_NEAR(at("mish", 1.0), 0.8650983882673103, 1e-15);
  EXPECT_NEAR(at("selu", -1.0), -1.1113307378125625, 1e-14);
}

TEST(ActivationTest, Parameters) {
  EXPECT_EQ(at("leaky_relu", -2.0, 0.25), -0.5);
  EXPECT_EQ(at("leaky_relu", 2.0, 0.25), 2.0);
  EXPECT_NEAR(at("elu", -1.0, 2.0), 2.0 * (std::exp(-1.0) - 1.0), 1e-15);
}

/// No function overflows where activations have large values.
TEST(ActivationTest, FarOut) {
  for (const auto &known : activationFormulas<double>())
    if (known.name != "exp")
      for (double x : {-300.0, 300.0})
        EXPECT_TRUE(std::isfinite(at(known.name, x, 0.5)))
            << known.name.str() << " at " << x;
}

TEST(ActivationTest, NamesAreDistinct) {
  std::set<llvm::StringRef> names;
  for (const auto &known : activationFormulas<double>())
    EXPECT_TRUE(names.insert(known.name).second) << known.name.str();
  EXPECT_FALSE(evaluateActivation("pointwise", 0.0, 1.0).has_value());
}
