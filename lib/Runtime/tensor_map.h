/*===- tensor_map.h - Encoded tensor maps, kept -------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * A tensor map is encoded for an address and a number of tokens. Runs repeat
 * both, so that what was encoded last is kept; the memory for it is allocated
 * when a program is loaded, and a run allocates none.
 */
#ifndef SLIN_RUNTIME_TENSOR_MAP_H
#define SLIN_RUNTIME_TENSOR_MAP_H

#include "driver.h"
#include "format.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)

struct slin_map_slot {
  uint64_t address; /* of the tensor, not of the buffer; 0: an empty slot */
  uint32_t map;
  uint32_t tokens; /* 0 where the map does not vary with them */
  uint64_t used;   /* when; the greater, the later */
  slin_encoded_map encoded;
};

struct slin_map_cache {
  pthread_mutex_t lock;
  struct slin_map_slot *slots;
  uint32_t sets; /* a power of two */
  uint64_t clock;
};

/* Room for several times as many maps as the file has. */
slin_status slin_map_cache_create(struct slin_map_cache *cache,
                                  uint32_t tensor_maps, slin_error *error);
void slin_map_cache_destroy(struct slin_map_cache *cache);

/* Tensor map `index` of a buffer at `buffer`. */
slin_status slin_map_encode(struct slin_map_cache *cache,
                            const struct slin_driver *driver, uint32_t index,
                            const struct slingpu_tensor_map *map,
                            uint64_t buffer, uint32_t tokens,
                            slin_encoded_map *encoded, slin_error *error);

#pragma GCC visibility pop

#endif
