/*===- checksum.h - CRC-32 of zlib --------------------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
#ifndef SLIN_RUNTIME_CHECKSUM_H
#define SLIN_RUNTIME_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Goes on from the checksum of what came before; starts with 0. */
uint32_t slin_checksum(uint32_t before, const void *data, size_t size);

#pragma GCC visibility pop

#endif
