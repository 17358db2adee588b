/*===- graph.c - Runs as CUDA graphs --------------------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * A run is captured on a stream of the graph's own. An update captures again
 * and hands the result to cuGraphExecUpdate, which takes over new pointers and
 * grids (programmatic edges and clearing steps too, unlike setting the
 * parameters of kernel nodes one by one); where the plan has other kernels, the
 * graph is instantiated anew.
 */
#include "error.h"
#include "program.h"

#include <stdlib.h>

struct slin_graph {
  slin_program *program;
  unsigned entry;
  slin_handle stream;
  slin_handle executable;
  slin_pointer workspace;
  uint64_t workspace_size;
  bool owns_workspace;
};

static slin_status graph_error(const slin_graph *graph, slin_result result,
                               const char *call, slin_error *error) {
  const slin_artefact *artefact = graph->program->artefact;
  slin_driver_fail(graph->program->driver, result, call, error);
  slin_error_prefix(error, "%s: graph of entry '%s': ", artefact->name,
                    slin_entry_name(artefact, graph->entry));
  return SLIN_RUNTIME_DRIVER;
}

static slin_status capture(const slin_graph *graph, unsigned tokens,
                           const slin_pointer *inputs,
                           const slin_pointer *outputs, slin_pointer workspace,
                           uint64_t workspace_size, slin_handle *captured,
                           slin_error *error) {
  const struct slin_driver *driver = graph->program->driver;
  *captured = NULL;
  slin_result result =
      driver->capture_begin(graph->stream, CAPTURE_THREAD_LOCAL);
  if (result)
    return graph_error(graph, result, "cuStreamBeginCapture", error);
  slin_status status =
      slin_run(graph->program, graph->entry, tokens, inputs, outputs,
               graph->stream, workspace, workspace_size, error);
  result = driver->capture_end(graph->stream, captured);
  if (result && !status)
    status = graph_error(graph, result, "cuStreamEndCapture", error);
  if (status && *captured) {
    driver->graph_destroy(*captured);
    *captured = NULL;
  }
  return status;
}

/* Into the executable graph that there is, or a new one. */
static slin_status take_over(slin_graph *graph, slin_handle captured,
                             slin_error *error) {
  const struct slin_driver *driver = graph->program->driver;
  slin_update_result about = {0};
  slin_handle made = NULL;
  slin_result result = RESULT_UPDATE_FAILURE;
  if (graph->executable)
    result = driver->graph_update(graph->executable, captured, &about);
  if (!result)
    return SLIN_RUNTIME_OK;
  /* What cannot be changed in place, by this driver or at all, is made anew. */
  if (result != RESULT_UPDATE_FAILURE && result != RESULT_NOT_SUPPORTED)
    return graph_error(graph, result, "cuGraphExecUpdate", error);
  result = driver->graph_instantiate(&made, captured, 0);
  if (result)
    return graph_error(graph, result, "cuGraphInstantiate", error);
  const slin_handle before = graph->executable;
  graph->executable = made;
  result = before ? driver->graph_exec_destroy(before) : 0;
  return result ? graph_error(graph, result, "cuGraphExecDestroy", error)
                : SLIN_RUNTIME_OK;
}

/* In the program's context. */
static slin_status record(slin_graph *graph, unsigned tokens,
                          const slin_pointer *inputs,
                          const slin_pointer *outputs, slin_error *error) {
  const struct slin_driver *driver = graph->program->driver;
  uint64_t needed;
  slin_pointer workspace = graph->workspace, fresh = 0;
  uint64_t size = graph->workspace_size;
  slin_result result = 0;
  slin_status status =
      slin_workspace_size(graph->program, graph->entry, tokens, &needed, error);
  if (status)
    return status;
  if (graph->owns_workspace && needed > size) {
    result = driver->allocate(&fresh, needed);
    if (result)
      return graph_error(graph, result, "cuMemAlloc (for the workspace)",
                         error);
    workspace = fresh;
    size = needed;
  }
  slin_handle captured;
  status = capture(graph, tokens, inputs, outputs, workspace, size, &captured,
                   error);
  if (status) {
    if (fresh)
      driver->release(fresh);
    return status;
  }
  const slin_handle before = graph->executable;
  status = take_over(graph, captured, error);
  result = driver->graph_destroy(captured);
  if (result && !status)
    status = graph_error(graph, result, "cuGraphDestroy", error);
  /* What the executable graph uses now stays, the other one goes. */
  const bool kept = status && graph->executable == before;
  slin_pointer unused = kept ? fresh : fresh ? graph->workspace : 0;
  if (fresh && !kept) {
    graph->workspace = fresh;
    graph->workspace_size = size;
  }
  result = unused ? driver->release(unused) : 0;
  if (result && !status)
    status = graph_error(graph, result, "cuMemFree", error);
  return status;
}

slin_status slin_graph_create(slin_program *program, unsigned entry,
                              unsigned tokens, const slin_pointer *inputs,
                              const slin_pointer *outputs,
                              slin_pointer workspace, uint64_t workspace_size,
                              slin_graph **result, slin_error *error) {
  *result = NULL;
  uint64_t needed;
  slin_status status =
      slin_workspace_size(program, entry, tokens, &needed, error);
  if (status)
    return status;
  slin_graph *graph = calloc(1, sizeof *graph);
  if (!graph)
    return slin_fail(error, SLIN_RUNTIME_MEMORY, "%s: no memory can be had",
                     program->artefact->name);
  *graph = (slin_graph){.program = program,
                        .entry = entry,
                        .workspace = workspace,
                        .workspace_size = workspace_size,
                        .owns_workspace = !workspace};
  int entered = 0;
  status =
      slin_context_enter(program->driver, program->context, &entered, error);
  if (!status) {
    slin_result created =
        program->driver->stream_create(&graph->stream, STREAM_NON_BLOCKING);
    status = created ? graph_error(graph, created, "cuStreamCreate", error)
                     : record(graph, tokens, inputs, outputs, error);
  }
  slin_status left =
      slin_context_leave(program->driver, entered, status ? NULL : error);
  status = status ? status : left;
  if (status)
    slin_graph_destroy(graph, NULL);
  else
    *result = graph;
  return status;
}

slin_status slin_graph_update(slin_graph *graph, unsigned tokens,
                              const slin_pointer *inputs,
                              const slin_pointer *outputs, slin_error *error) {
  const struct slin_driver *driver = graph->program->driver;
  int entered;
  slin_error_clear(error);
  slin_status status =
      slin_context_enter(driver, graph->program->context, &entered, error);
  if (status)
    return status;
  status = record(graph, tokens, inputs, outputs, error);
  slin_status left = slin_context_leave(driver, entered, status ? NULL : error);
  return status ? status : left;
}

slin_status slin_graph_launch(slin_graph *graph, slin_stream stream,
                              slin_error *error) {
  const struct slin_driver *driver = graph->program->driver;
  int entered;
  slin_error_clear(error);
  slin_status status =
      slin_context_enter(driver, graph->program->context, &entered, error);
  if (status)
    return status;
  slin_result result = driver->graph_launch(graph->executable, stream);
  if (result)
    status = graph_error(graph, result, "cuGraphLaunch", error);
  slin_status left = slin_context_leave(driver, entered, status ? NULL : error);
  return status ? status : left;
}

slin_status slin_graph_destroy(slin_graph *graph, slin_error *error) {
  slin_error_clear(error);
  if (!graph)
    return SLIN_RUNTIME_OK;
  const struct slin_driver *driver = graph->program->driver;
  int entered = 0;
  slin_status status = slin_context_enter_to_release(
      driver, graph->program->context, &entered, error);
  slin_result result = 0;
  if (graph->executable)
    result = driver->graph_exec_destroy(graph->executable);
  if (result && !status)
    status = graph_error(graph, result, "cuGraphExecDestroy", error);
  result = graph->stream ? driver->stream_destroy(graph->stream) : 0;
  if (result && !status)
    status = graph_error(graph, result, "cuStreamDestroy", error);
  result = graph->owns_workspace && graph->workspace
               ? driver->release(graph->workspace)
               : 0;
  if (result && !status)
    status = graph_error(graph, result, "cuMemFree", error);
  slin_status left = slin_context_leave(driver, entered, status ? NULL : error);
  free(graph);
  return status ? status : left;
}
