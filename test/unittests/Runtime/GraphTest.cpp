//===- GraphTest.cpp - Runs as CUDA graphs
//--------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include <gtest/gtest.h>

namespace {

float first(slin_program *program, slin_pointer pointer) {
  float value = -1;
  slin_copy_to_host(program, &value, pointer, 4, nullptr, nullptr);
  return value;
}

void fill(slin_program *program, slin_pointer pointer, float value) {
  std::vector<float> values(8 * 200, value);
  slin_copy_to_device(program, pointer, values.data(), values.size() * 4,
                      nullptr);
}

TEST(Graph, RecordsLaunchesAndUpdates) {
  Loaded loaded("sample");
  slin_program *program = loaded.program;
  Memory a(program, 6400), b(program, 6400), c(program, 6400);
  fill(program, a.pointer, 1);
  fill(program, b.pointer, 0);
  slin_graph *graph;
  ASSERT_EQ(slin_graph_create(program, 1, 10, &a.pointer, &b.pointer, 0, 0,
                              &graph, &loaded.error),
            0)
      << loaded.error.message;
  EXPECT_HAS(standin_log(), "captured double_f32\ncaptured double_f32\n");
  EXPECT_HAS(standin_log(), "cuGraphInstantiate 2 nodes");
  EXPECT_EQ(first(program, b.pointer), 0);
  ASSERT_EQ(slin_graph_launch(graph, (slin_stream)5, &loaded.error), 0);
  EXPECT_EQ(first(program, b.pointer), 4);
  EXPECT_HAS(standin_log(), "cuGraphLaunch on 5\n");

  // Other memory and more tokens: in place, with a greater workspace.
  standin_reset();
  fill(program, a.pointer, 3);
  ASSERT_EQ(
      slin_graph_update(graph, 200, &a.pointer, &c.pointer, &loaded.error), 0)
      << loaded.error.message;
  EXPECT_HAS(standin_log(), "cuGraphExecUpdate in place\n");
  EXPECT_HAS(standin_log(), "cuMemAlloc 8192 -> ");
  EXPECT_HAS(standin_log(), "cuMemFree ");
  ASSERT_EQ(slin_graph_launch(graph, nullptr, &loaded.error), 0);
  EXPECT_EQ(first(program, c.pointer + 4 * (200 * 8 - 1)), 12);
  EXPECT_EQ(first(program, b.pointer), 4);

  // A wrong update leaves what was.
  slin_pointer nothing = 0;
  EXPECT_EQ(slin_graph_update(graph, 10, &nothing, &c.pointer, &loaded.error),
            SLIN_RUNTIME_USAGE);
  fill(program, a.pointer, 5);
  ASSERT_EQ(slin_graph_launch(graph, nullptr, &loaded.error), 0);
  EXPECT_EQ(first(program, c.pointer), 20);
  EXPECT_EQ(slin_graph_destroy(graph, &loaded.error), 0);
}

TEST(Graph, IsMadeAnewWhereThePlanHasOtherKernels) {
  Loaded loaded("sample");
  slin_program *program = loaded.program;
  Memory x(program, 100 * 512), y(program, 100 * 512),
      workspace(program, 1 << 20);
  slin_graph *graph;
  ASSERT_EQ(slin_graph_create(program, 0, 10, &x.pointer, &y.pointer,
                              workspace.pointer, 1 << 20, &graph,
                              &loaded.error),
            0)
      << loaded.error.message;
  EXPECT_HAS(standin_log(), "captured a clearing\ncuTensorMap");
  EXPECT_HAS(standin_log(), "cuGraphInstantiate 5 nodes");
  standin_reset();
  ASSERT_EQ(
      slin_graph_update(graph, 100, &x.pointer, &y.pointer, &loaded.error), 0);
  EXPECT_HAS(standin_log(), "cuGraphExecUpdate refused\ncuGraphInstantiate 4 "
                            "nodes, 0\ncuGraphExecDestroy\n");
  standin_reset();
  ASSERT_EQ(slin_graph_launch(graph, nullptr, &loaded.error), 0);
  EXPECT_HAS(standin_log(), "cuLaunchKernelEx gemm");
  EXPECT_EQ(
      slin_graph_update(graph, 300, &x.pointer, &y.pointer, &loaded.error), 0);
  EXPECT_EQ(
      slin_graph_update(graph, 3000, &x.pointer, &y.pointer, &loaded.error),
      SLIN_RUNTIME_USAGE);
  EXPECT_HAS(loaded.error.message, "expected a workspace of at least");
  EXPECT_EQ(slin_graph_destroy(graph, &loaded.error), 0);
}

} // namespace
