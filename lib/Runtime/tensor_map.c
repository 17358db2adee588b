/*===- tensor_map.c - Encoded tensor maps, kept ---------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#define _ISOC11_SOURCE /* aligned_alloc */

#include "error.h"
#include "number.h"

#include "tensor_map.h"
#include <stdlib.h>
#include <string.h>

/* Slots that one key may lie in. */
enum { WAYS = 4, MOST_SETS = 1 << 14 };

slin_status slin_map_cache_create(struct slin_map_cache *cache,
                                  uint32_t tensor_maps, slin_error *error) {
  cache->sets = 16;
  while (cache->sets < MOST_SETS && cache->sets < 2 * (uint64_t)tensor_maps)
    cache->sets *= 2;
  cache->clock = 0;
  const size_t bytes = sizeof *cache->slots * WAYS * cache->sets;
  cache->slots = aligned_alloc(_Alignof(slin_encoded_map), bytes);
  if (!cache->slots)
    return slin_fail(error, SLIN_RUNTIME_MEMORY,
                     "%zu bytes for tensor maps cannot be had", bytes);
  memset(cache->slots, 0, bytes);
  pthread_mutex_init(&cache->lock, NULL);
  return SLIN_RUNTIME_OK;
}

void slin_map_cache_destroy(struct slin_map_cache *cache) {
  if (!cache->slots)
    return;
  pthread_mutex_destroy(&cache->lock);
  free(cache->slots);
  cache->slots = NULL;
}

static bool varies(const struct slingpu_tensor_map *map) {
  bool scales = false;
  for (uint32_t axis = 0; axis < map->rank; ++axis)
    scales |= map->dims[axis].scale != 0;
  for (uint32_t axis = 0; axis + 1 < map->rank; ++axis)
    scales |= map->strides[axis].scale != 0;
  return scales;
}

static slin_result encode(const struct slin_driver *driver,
                          const struct slingpu_tensor_map *map,
                          uint64_t address, uint32_t tokens,
                          slin_encoded_map *encoded) {
  static const int types[] = {0,        MAP_F32, MAP_F16, MAP_BF16,
                              MAP_TF32, MAP_I32, MAP_U8};
  uint64_t dims[SLINGPU_MAX_RANK], strides[SLINGPU_MAX_RANK] = {0};
  const uint32_t ones[SLINGPU_MAX_RANK] = {1, 1, 1, 1, 1};
  for (uint32_t axis = 0; axis < map->rank; ++axis) {
    dims[axis] = slin_number_at(&map->dims[axis], tokens);
    if (axis)
      strides[axis - 1] = slin_number_at(&map->strides[axis - 1], tokens);
  }
  return driver->map_encode(encoded, types[map->element_type], map->rank,
                            (void *)(uintptr_t)address, dims, strides, map->box,
                            ones, MAP_INTERLEAVE_NONE, (int)map->swizzle,
                            (int)map->l2_promotion, MAP_FILL_ZERO);
}

static struct slin_map_slot *set_of(const struct slin_map_cache *cache,
                                    uint32_t index, uint64_t address,
                                    uint32_t tokens) {
  uint64_t hash = address ^ (uint64_t)index << 40 ^ (uint64_t)tokens << 20;
  hash *= 0x9e3779b97f4a7c15u; /* Fibonacci hashing: Knuth 6.4 */
  return cache->slots + (hash >> 40 & (cache->sets - 1)) * WAYS;
}

slin_status slin_map_encode(struct slin_map_cache *cache,
                            const struct slin_driver *driver, uint32_t index,
                            const struct slingpu_tensor_map *map,
                            uint64_t buffer, uint32_t tokens,
                            slin_encoded_map *encoded, slin_error *error) {
  const uint64_t address = buffer + slin_number_at(&map->offset, tokens);
  const uint32_t key = varies(map) ? tokens : 0;
  pthread_mutex_lock(&cache->lock);
  struct slin_map_slot *set = set_of(cache, index, address, key);
  struct slin_map_slot *slot = set;
  slin_result result = 0;
  for (int way = 0; way < WAYS; ++way) {
    struct slin_map_slot *other = set + way;
    if (other->address == address && other->map == index &&
        other->tokens == key) {
      slot = other;
      goto found;
    }
    if (other->used < slot->used)
      slot = other; /* the one that was not used for longest */
  }
  slot->address = 0;
  result = encode(driver, map, address, tokens, &slot->encoded);
  if (!result) {
    slot->address = address;
    slot->map = index;
    slot->tokens = key;
  }
found:
  slot->used = ++cache->clock;
  if (!result)
    memcpy(encoded, &slot->encoded, sizeof *encoded);
  pthread_mutex_unlock(&cache->lock);
  return result
             ? slin_driver_fail(driver, result, "cuTensorMapEncodeTiled", error)
             : SLIN_RUNTIME_OK;
}
