/*===- checksum.c - CRC-32 of zlib ----------------------------------------===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Eight bytes at a time (Kounavis and Berry, "A Systematic Approach to Building
 * High Performance Software-based CRC Generators"): table k moves a byte over
 * k + 1 bytes.
 */
#include "checksum.h"

#include <pthread.h>
#include <string.h>

static uint32_t tables[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_tables(void) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = value & 1 ? 0xedb88320u ^ value >> 1 : value >> 1;
    tables[0][byte] = value;
  }
  for (int table = 1; table < 8; ++table)
    for (int byte = 0; byte < 256; ++byte) {
      uint32_t before = tables[table - 1][byte];
      tables[table][byte] = before >> 8 ^ tables[0][before & 255];
    }
}

uint32_t slin_checksum(uint32_t before, const void *data, size_t size) {
  pthread_once(&once, fill_tables);
  const unsigned char *bytes = data;
  uint32_t crc = ~before;
  for (; size >= 8; size -= 8, bytes += 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= crc;
    crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^
          tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
          tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^
          tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
  }
  while (size--)
    crc = crc >> 8 ^ tables[0][(crc ^ *bytes++) & 255];
  return ~crc;
}
