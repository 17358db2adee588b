//===- ElementsTest.cpp - Numbers come back, rounded once -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes, decoding and rounding of every element type that has numbers.
//
//===----------------------------------------------------------------------===//

#include "slin/Weights/Elements.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace mlir;
using namespace slin;

namespace {
struct ElementsTest : testing::Test {
  MLIRContext context{MLIRContext::Threading::DISABLED};
  Builder b{&context};

  std::vector<double> decode(Type type, ArrayRef<char> bytes, int64_t count) {
    std::vector<double> values(count);
    std::string reason;
    weights::Elements elements{RankedTensorType::get({count}, type), bytes,
                               nullptr};
    EXPECT_TRUE(succeeded(weights::toDoubles(elements, values, reason)))
        << reason;
    return values;
  }
};
} // namespace

TEST_F(ElementsTest, SizesAreThoseOfRawData) {
  EXPECT_EQ(weights::bytesOf(b.getI1Type(), 3), 3u);
  EXPECT_EQ(weights::bytesOf(b.getIntegerType(4), 3), 2u);
  EXPECT_EQ(weights::bytesOf(b.getIntegerType(2), 5), 2u);
  EXPECT_EQ(weights::bytesOf(Float6E2M3FNType::get(&context), 4), 3u);
  EXPECT_EQ(weights::bytesOf(ComplexType::get(b.getF32Type()), 3), 24u);
  EXPECT_EQ(weights::bitsPerElement(b.getNoneType()), 0u);
}

TEST_F(ElementsTest, CountsDoNotOverflow) {
  EXPECT_EQ(weights::countOf({}), 1u);
  EXPECT_EQ(weights::countOf({2, 3}), 6u);
  EXPECT_EQ(weights::countOf({int64_t(1) << 40, int64_t(1) << 40, 0}), 0u);
  EXPECT_EQ(weights::countOf({int64_t(1) << 40, int64_t(1) << 40}),
            std::nullopt);
  EXPECT_EQ(weights::countOf({-1}), std::nullopt);
}

TEST_F(ElementsTest, FloatsComeBack) {
  std::vector<double> values{0.0, -1.5, 0.25, 3.0, -0.5};
  for (Type type :
       {Type(b.getF32Type()), Type(b.getF64Type()), Type(b.getF16Type()),
        Type(b.getBF16Type()), Type(Float8E4M3FNType::get(&context)),
        Type(Float8E5M2Type::get(&context)),
        Type(Float4E2M1FNType::get(&context))}) {
    std::vector<double> exact = values;
    if (weights::bitsPerElement(type) == 4)
      exact[2] = 0.5;
    auto bytes = weights::fromDoubles(cast<FloatType>(type), exact);
    EXPECT_EQ(bytes.size(), weights::bytesOf(type, exact.size()));
    EXPECT_EQ(decode(type, bytes, exact.size()), exact);
  }
}

TEST_F(ElementsTest, RoundingIsToNearestTiesToEven) {
  // 1 + 2^-11 lies between two halves of f16; 1 + 3·2^-11 too.
  auto f16 = cast<FloatType>(b.getF16Type());
  auto bytes = weights::fromDoubles(f16, {1 + 0x1p-11, 1 + 3 * 0x1p-11});
  EXPECT_EQ(decode(f16, bytes, 2), (std::vector<double>{1.0, 1 + 0x1p-9}));
  // Rounding to f32 first and to bf16 then would go up.
  auto bf16 = cast<FloatType>(b.getBF16Type());
  bytes = weights::fromDoubles(bf16, {1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8});
  EXPECT_EQ(decode(bf16, bytes, 2), (std::vector<double>{1 + 0x1p-7, 1.0}));
}

TEST_F(ElementsTest, IntegersAreSignedUnlessTheyAreNot) {
  char bytes[] = {char(0xff), 1};
  EXPECT_EQ(decode(b.getIntegerType(8), bytes, 2),
            (std::vector<double>{-1, 1}));
  EXPECT_EQ(decode(b.getIntegerType(8, false), bytes, 2),
            (std::vector<double>{255, 1}));
  char packed[] = {char(0xf1), 0x07};
  EXPECT_EQ(decode(b.getIntegerType(4), packed, 3),
            (std::vector<double>{1, -1, 7}));
  char bools[] = {0, 2};
  EXPECT_EQ(decode(b.getI1Type(), bools, 2), (std::vector<double>{0, 1}));
}

TEST_F(ElementsTest, WhatIsNoNumberIsRefused) {
  std::string reason;
  std::vector<double> values(1);
  weights::Elements elements{
      RankedTensorType::get({1}, ComplexType::get(b.getF32Type())),
      {},
      nullptr};
  EXPECT_TRUE(failed(weights::toDoubles(elements, values, reason)));
  EXPECT_EQ(reason, "elements of type complex<f32> are no real numbers");
}

TEST_F(ElementsTest, DenseElementsAreLoadedInTheirLayout) {
  std::string reason;
  auto type = RankedTensorType::get({3}, b.getF32Type());
  auto splat = weights::loadElements(
      DenseElementsAttr::get(type, b.getF32FloatAttr(2.5)), "", reason);
  ASSERT_TRUE(succeeded(splat));
  EXPECT_EQ(decode(b.getF32Type(), splat->bytes, 3),
            (std::vector<double>{2.5, 2.5, 2.5}));
  auto bools = weights::loadElements(
      DenseElementsAttr::get(RankedTensorType::get({3}, b.getI1Type()),
                             ArrayRef<bool>{true, false, true}),
      "", reason);
  ASSERT_TRUE(succeeded(bools));
  EXPECT_EQ(bools->bytes.size(), 3u);
  EXPECT_EQ(decode(b.getI1Type(), bools->bytes, 3),
            (std::vector<double>{1, 0, 1}));
}

TEST_F(ElementsTest, WhatHoldsNoNumbersIsNotLoaded) {
  std::string reason;
  EXPECT_TRUE(failed(weights::loadElements(ElementsAttr(), "", reason)));
  EXPECT_EQ(reason, "there is no value");
  auto type = RankedTensorType::get({1}, NoneType::get(&context));
  auto strings =
      cast<ElementsAttr>(DenseStringElementsAttr::get(type, {StringRef("a")}));
  EXPECT_TRUE(failed(weights::loadElements(strings, "", reason)));
  EXPECT_EQ(reason, "the attribute holds no numbers");
}
