/*===- recording_launches.c - Launches, streams, graphs -------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#include "recording_state.h"

/*===-- Launches ----------------------------------------------------------===*/

static void compute(const struct step *step) {
  const struct function *function = step->function;
  const void *in = (const void *)(uintptr_t)step->arguments[0].number;
  void *out = (void *)(uintptr_t)step->arguments[1].number;
  const uint64_t count = (uint32_t)step->arguments[2].number;
  if (!strcmp(function->name, "copy_f32"))
    memmove(out, in, 4 * count);
  for (uint64_t i = 0; i < count && !strcmp(function->name, "double_f32"); ++i)
    ((float *)out)[i] = 2 * ((const float *)in)[i];
  for (uint64_t i = 0; i < count && !strcmp(function->name, "add_bytes"); ++i)
    ((unsigned char *)out)[i] = (unsigned char)(((const unsigned char *)in)[i] +
                                                step->arguments[3].number);
}

static void run_step(const struct step *step) {
  char text[64], name[32], list[2048] = "";
  if (!step->function) {
    note("cuMemsetD8Async %s, %llu on %s\n", address(step->at, text),
         (unsigned long long)step->size,
         stream_name((void *)step->how.stream, name));
    memset((void *)(uintptr_t)step->at, 0, step->size);
    return;
  }
  const char *kinds = step->function->parameters;
  for (unsigned i = 0; kinds[i]; ++i) {
    const uint64_t number = step->arguments[i].number;
    const size_t length = strlen(list);
    if (kinds[i] == 'm')
      snprintf(list + length, sizeof list - length, ", map of %s [%llu]",
               address(step->arguments[i].map.opaque[0], text),
               (unsigned long long)step->arguments[i].map.opaque[1]);
    else if (kinds[i] == 'p')
      snprintf(list + length, sizeof list - length, ", %s",
               address(number, text));
    else
      snprintf(list + length, sizeof list - length, ", %u", (uint32_t)number);
  }
  note("cuLaunchKernelEx %s <<<(%u, %u), %u, %u>>> on %s%s(%s)\n",
       step->function->name, step->how.grid_x, step->how.grid_y,
       step->how.block_x, step->how.shared_bytes,
       stream_name((void *)step->how.stream, name),
       step->programmatic ? " programmatic " : " ", *list ? list + 2 : "");
  compute(step);
}

/* Now, or into the graph that the stream records. */
static slin_result take(const struct step *step) {
  struct stream *stream = (void *)step->how.stream;
  if ((uintptr_t)stream < 4096 || !stream->capturing) {
    run_step(step);
    return 0;
  }
  struct graph *graph = stream->captured;
  graph->steps =
      realloc(graph->steps, (graph->count + 1) * sizeof *graph->steps);
  graph->steps[graph->count++] = *step;
  note("captured %s\n", step->function ? step->function->name : "a clearing");
  return 0;
}

EXPORT slin_result cuLaunchKernelEx(const slin_launch *how, slin_handle handle,
                                    void **parameters, void **extra) {
  BEGIN("cuLaunchKernelEx");
  NEED_CONTEXT();
  struct function *function = (void *)handle;
  if (!function || extra || !how->grid_x || !how->grid_y || how->grid_z != 1 ||
      !how->block_x || how->block_x > 1024)
    return end(INVALID_VALUE);
  static _Thread_local struct step step;
  memset(&step, 0, sizeof step);
  step.function = function;
  step.how = *how;
  for (unsigned i = 0; i < how->attribute_count; ++i)
    if (how->attributes[i].id == LAUNCH_PROGRAMMATIC)
      step.programmatic = how->attributes[i].value.programmatic;
  step.how.attributes = NULL;
  for (unsigned i = 0; function->parameters[i]; ++i) {
    if (function->parameters[i] == 'm')
      memcpy(&step.arguments[i].map, parameters[i], 128);
    else
      memcpy(&step.arguments[i].number, parameters[i],
             function->parameters[i] == 'p' ? 8 : 4);
  }
  return end(take(&step));
}

EXPORT slin_result cuMemsetD8Async(slin_pointer at, unsigned char value,
                                   size_t size, slin_handle stream) {
  BEGIN("cuMemsetD8Async");
  NEED_CONTEXT();
  if (value)
    return end(INVALID_VALUE);
  static _Thread_local struct step step;
  memset(&step, 0, sizeof step);
  step.how.stream = stream;
  step.at = at;
  step.size = size;
  return end(take(&step));
}

/*===-- Streams and graphs ------------------------------------------------===*/

EXPORT slin_result cuStreamCreate(slin_handle *handle, unsigned flags) {
  BEGIN("cuStreamCreate");
  NEED_CONTEXT();
  struct stream *stream = calloc(1, sizeof *stream);
  stream->number = ++made_streams;
  ++live;
  *handle = (slin_handle)(void *)stream;
  note("cuStreamCreate %u -> stream %u\n", flags, stream->number);
  return end(0);
}

EXPORT slin_result cuStreamDestroy_v2(slin_handle handle) {
  BEGIN_RELEASE("cuStreamDestroy");
  NEED_CONTEXT();
  note("cuStreamDestroy stream %u\n",
       ((struct stream *)(void *)handle)->number);
  free((void *)handle);
  --live;
  return end(failure);
}

EXPORT slin_result cuStreamSynchronize(slin_handle handle) {
  BEGIN("cuStreamSynchronize");
  NEED_CONTEXT();
  char name[32];
  if (capturing)
    return end(CAPTURE_UNSUPPORTED);
  note("cuStreamSynchronize %s\n", stream_name((void *)handle, name));
  return end(0);
}

EXPORT slin_result cuStreamBeginCapture_v2(slin_handle handle, int mode) {
  BEGIN("cuStreamBeginCapture");
  NEED_CONTEXT();
  struct stream *stream = (void *)handle;
  if (stream->capturing)
    return end(INVALID_VALUE);
  note("cuStreamBeginCapture stream %u, mode %d\n", stream->number, mode);
  stream->capturing = 1;
  ++capturing;
  stream->captured = calloc(1, sizeof *stream->captured);
  return end(0);
}

EXPORT slin_result cuStreamEndCapture(slin_handle handle, slin_handle *graph) {
  BEGIN_RELEASE("cuStreamEndCapture");
  struct stream *stream = (void *)handle;
  if (!stream->capturing)
    return end(INVALID_VALUE);
  note("cuStreamEndCapture stream %u\n", stream->number);
  stream->capturing = 0;
  --capturing;
  *graph = NULL;
  if (failure) { /* an invalidated capture gives no graph */
    free(stream->captured->steps);
    free(stream->captured);
    return end(failure);
  }
  *graph = (slin_handle)(void *)stream->captured;
  ++live;
  return end(0);
}

static struct graph *copy(const struct graph *graph) {
  struct graph *made = calloc(1, sizeof *made);
  made->count = graph->count;
  made->steps = calloc(graph->count + 1, sizeof *made->steps);
  if (graph->count)
    memcpy(made->steps, graph->steps, graph->count * sizeof *made->steps);
  return made;
}

static void drop(struct graph *graph) {
  free(graph->steps);
  free(graph);
  --live;
}

EXPORT slin_result cuGraphInstantiateWithFlags(slin_handle *executable,
                                               slin_handle graph,
                                               unsigned long long flags) {
  BEGIN("cuGraphInstantiate");
  note("cuGraphInstantiate %u nodes, %llu\n",
       ((struct graph *)(void *)graph)->count, flags);
  *executable = (slin_handle)(void *)copy((void *)graph);
  ++live;
  return end(0);
}

EXPORT slin_result cuGraphExecUpdate_v2(slin_handle executable,
                                        slin_handle with,
                                        slin_update_result *about) {
  BEGIN("cuGraphExecUpdate");
  struct graph *old = (void *)executable, *fresh = (void *)with;
  int same = old->count == fresh->count;
  for (unsigned i = 0; same && i < old->count; ++i)
    same = old->steps[i].function == fresh->steps[i].function;
  note("cuGraphExecUpdate %s\n", same ? "in place" : "refused");
  about->result = !same;
  if (!same)
    return end(RESULT_UPDATE_FAILURE);
  if (old->count)
    memcpy(old->steps, fresh->steps, old->count * sizeof *old->steps);
  return end(0);
}

EXPORT slin_result cuGraphLaunch(slin_handle executable, slin_handle stream) {
  BEGIN("cuGraphLaunch");
  NEED_CONTEXT();
  char name[32];
  struct graph *graph = (void *)executable;
  note("cuGraphLaunch on %s\n", stream_name((void *)stream, name));
  for (unsigned i = 0; i < graph->count; ++i)
    run_step(&graph->steps[i]);
  return end(0);
}

EXPORT slin_result cuGraphDestroy(slin_handle graph) {
  BEGIN_RELEASE("cuGraphDestroy");
  note("cuGraphDestroy\n");
  drop((void *)graph);
  return end(failure);
}

EXPORT slin_result cuGraphExecDestroy(slin_handle executable) {
  BEGIN_RELEASE("cuGraphExecDestroy");
  note("cuGraphExecDestroy\n");
  drop((void *)executable);
  return end(failure);
}
