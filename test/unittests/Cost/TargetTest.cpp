//===- TargetTest.cpp - Reading what machines are good for ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The shipped targets are whole and say where their numbers come from; broken
// ones are refused with what was expected and found.
//
//===----------------------------------------------------------------------===//

#include "slin/Cost/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

#include <fstream>
#include <gtest/gtest.h>

using namespace slin::cost;

namespace {

/// A target of which each constant is 2, but what `changes` says.
std::string target(std::map<std::string, std::string> changes = {}) {
  const std::pair<const char *, const char *> constants[] = {
      {"throughput_f32", "FLOP/s"}, {"memory_bandwidth", "B/s"},
      {"cache_bandwidth", "B/s"},   {"cache_size", "B"},
      {"grouped_efficiency", "1"},  {"packing_bandwidth", "B/s"},
      {"copy_bandwidth", "B/s"},    {"run_latency", "s"},
      {"node_latency", "s"},        {"product_latency", "s"}};
  std::string text = R"({"target": "t", "constants": {)";
  const char *separator = "";
  for (auto [key, unit] : constants) {
    std::string entry = std::string(R"({"value": 2, "unit": ")") + unit +
                        R"(", "source": "s"})";
    if (auto found = changes.find(key); found != changes.end())
      entry = found->second;
    if (entry.empty())
      continue;
    text += std::string(separator) + "\"" + key + "\": " + entry;
    separator = ", ";
  }
  return text + changes["more"] + "}}";
}

std::string reasonOf(std::map<std::string, std::string> changes) {
  return parseTarget(target(std::move(changes)), "t.json").reason();
}

} // namespace

TEST(TargetTest, ShippedTargetsAreWhole) {
  std::vector<llvm::StringRef> names = shippedTargets();
  for (const char *name : {"cpu", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"})
    EXPECT_TRUE(llvm::is_contained(names, name)) << name;
  for (llvm::StringRef name : names) {
    TargetOrReason found = findTarget(name);
    ASSERT_TRUE(bool(found)) << found.reason();
    EXPECT_EQ(found->name, name.str());
    EXPECT_TRUE(found->supports(ElementType::F32)) << name.str();
  }
}

TEST(TargetTest, ReadsEveryConstant) {
  TargetOrReason found = parseTarget(target(), "t.json");
  ASSERT_TRUE(bool(found)) << found.reason();
  EXPECT_EQ(found->throughput.at(ElementType::F32), 2);
  EXPECT_FALSE(found->supports(ElementType::F16));
  for (double value :
       {found->memoryBandwidth, found->cacheBandwidth, found->cacheSize,
        found->groupedEfficiency, *found->packingBandwidth,
        found->copyBandwidth, found->runLatency, found->nodeLatency,
        found->productLatency})
    EXPECT_EQ(value, 2);
  EXPECT_FALSE(parseTarget(target({{"packing_bandwidth", ""}}), "t.json")
                   ->packingBandwidth);
  EXPECT_EQ(
      parseTarget(target({{"product_latency", ""}}), "t.json")->productLatency,
      0);
}

TEST(TargetTest, RefusesBrokenTargets) {
  EXPECT_NE(parseTarget("{", "t.json").reason().find("t.json: expected JSON"),
            std::string::npos);
  EXPECT_EQ(parseTarget("{}", "t.json").reason(),
            "t.json: expected an object with 'target' and 'constants'");
  EXPECT_EQ(reasonOf({{"cache_size", ""}}),
            "t.json: expected a constant 'cache_size', found none");
  EXPECT_EQ(reasonOf({{"throughput_f32", ""}}),
            "t.json: expected a throughput of some element type, found none");
  EXPECT_EQ(reasonOf({{"run_latency", "3"}}),
            "t.json: expected 'run_latency' with a value above 0, found 3");
  EXPECT_EQ(reasonOf({{"run_latency", R"({"value": -1, "unit": "s"})"}}),
            "t.json: expected 'run_latency' with a value above 0, found -1");
  EXPECT_EQ(reasonOf({{"cache_size",
                       R"({"value": 1, "unit": "MB", "source": "s"})"}}),
            "t.json: expected 'cache_size' in B, found 'MB'");
  EXPECT_EQ(reasonOf({{"cache_size", R"({"value": 1, "unit": "B"})"}}),
            "t.json: expected a source of 'cache_size', found none");
  EXPECT_EQ(reasonOf({{"more", R"(, "l1_size": {})"}}),
            "t.json: expected constants of the cost model, found 'l1_size'");
}

TEST(TargetTest, FindsByNameOrPath) {
  EXPECT_NE(findTarget("sm_12").reason().find(
                "expected a target of cpu, sm_100, sm_120, sm_80, sm_86, sm_89, sm_90 "
                "or the path of a .json "
                "file, found 'sm_12'"),
            std::string::npos);
  EXPECT_NE(findTarget("/none.json")
                .reason()
                .find("cannot read the target '/none.json'"),
            std::string::npos);
  std::string path = testing::TempDir() + "/target-test.json";
  std::ofstream(path) << target();
  EXPECT_EQ(findTarget(path)->name, "t");
}
