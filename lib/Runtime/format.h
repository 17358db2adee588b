/*===- format.h - What a .slingpu file is -------------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * The artefact: kernels per target, packed weights, and the plan that launches
 * the kernels for a number of tokens. The writer (C++) and the reader (C) both
 * include this file; docs/Artefact.md tells the same in prose.
 *
 * A file is the header, the section table, and the sections in the order of
 * their kinds, every kind once. Everything is little-endian. Each section
 * starts at the next multiple of 64 after the end of the one before (the first:
 * after the table), the bytes between are zero, and the file ends with the last
 * section. A section is an array of one struct of this file, or bytes.
 *
 * A checksum is the CRC-32 of zlib, PNG and Ethernet (polynomial 0x04c11db7
 * reflected, initial value and final exclusive-or all ones): zlib.crc32 of
 * Python, llvm::crc32.
 *
 * Fields called `reserved` are zero. "String" is an offset into the section of
 * strings, where a string ends with a zero byte; offset 0 is the empty string,
 * so that the section's first byte is zero, as is its last.
 *
 * "Range" is a first index and a count. Ranges of values, plans, buffers, steps
 * and arguments follow each other in the order of their owners and fill the
 * section: every record has exactly one owner.
 */
#ifndef SLIN_RUNTIME_FORMAT_H
#define SLIN_RUNTIME_FORMAT_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a .slingpu file is read and written on little-endian machines only"
#endif

#ifdef __cplusplus
#define SLINGPU_SIZE(type, bytes)                                              \
  static_assert(sizeof(type) == (bytes), #type " has padding")
extern "C" {
#else
#define SLINGPU_SIZE(type, bytes)                                              \
  _Static_assert(sizeof(type) == (bytes), #type " has padding")
#endif

/* Bytes 0..7 of a file: no text file starts so, and a transfer as text breaks
 * it. */
#define SLINGPU_MAGIC "\211SLINGPU"
/* A reader takes exactly its own version. Any change of this file raises it. */
#define SLINGPU_VERSION 2u
/* Of sections, of images in the section of code, and of weights. */
#define SLINGPU_ALIGNMENT 64u
/* Of workspace buffers: what cuMemAlloc promises. */
#define SLINGPU_WORKSPACE_ALIGNMENT 256u
#define SLINGPU_MAX_RANK 5u
#define SLINGPU_MAX_TARGETS 64u
/* Parameters of one kernel, which take 4096 bytes at most. */
#define SLINGPU_MAX_ARGUMENTS 32u
/* Steps and buffers of one plan. */
#define SLINGPU_MAX_STEPS 64u
#define SLINGPU_MAX_BUFFERS 64u
/* Inputs and outputs of one entry together. */
#define SLINGPU_MAX_VALUES 16u

enum slingpu_section_kind {
  SLINGPU_STRINGS = 1, /* bytes */
  SLINGPU_METADATA,    /* struct slingpu_metadata */
  SLINGPU_TARGETS,     /* struct slingpu_target */
  SLINGPU_MODULES,     /* struct slingpu_module */
  SLINGPU_KERNELS,     /* struct slingpu_kernel */
  SLINGPU_WEIGHTS,     /* struct slingpu_weight */
  SLINGPU_ENTRIES,     /* struct slingpu_entry */
  SLINGPU_VALUES,      /* struct slingpu_value */
  SLINGPU_PLANS,       /* struct slingpu_plan */
  SLINGPU_BUFFERS,     /* struct slingpu_buffer */
  SLINGPU_STEPS,       /* struct slingpu_step */
  SLINGPU_ARGUMENTS,   /* struct slingpu_argument */
  SLINGPU_TENSOR_MAPS, /* struct slingpu_tensor_map */
  SLINGPU_CODE,        /* bytes: the images of the modules */
  SLINGPU_WEIGHT_DATA, /* bytes: the weights; last, since it is large */
  SLINGPU_SECTION_COUNT = SLINGPU_WEIGHT_DATA
};

struct slingpu_header {
  uint8_t magic[8];
  uint32_t version;
  uint32_t section_count; /* SLINGPU_SECTION_COUNT */
  uint64_t file_size;
  uint32_t checksum; /* of header and section table, this field being zero */
  uint32_t reserved[9];
};
SLINGPU_SIZE(struct slingpu_header, 64);

/* The table follows the header. */
struct slingpu_section {
  uint32_t kind;        /* place in the table + 1 */
  uint32_t record_size; /* sizeof the struct; 1 for bytes */
  uint64_t offset;      /* from the start of the file */
  uint64_t size;        /* bytes; a multiple of record_size */
  uint32_t checksum;    /* of the section's bytes */
  uint32_t reserved;
};
SLINGPU_SIZE(struct slingpu_section, 32);

/* What varies with the number of tokens:
 *   ceil(scale * tokens / divisor) * multiplier + constant
 * A constant has scale 0 and divisor 1. It never falls when tokens grow, so
 * that its value at the greatest token count bounds it. */
struct slingpu_number {
  uint32_t scale;
  uint32_t divisor; /* at least 1 */
  uint64_t multiplier;
  uint64_t constant;
};
SLINGPU_SIZE(struct slingpu_number, 24);

/* Keys in use: "model" (file name of the source), "model_sha256",
 * "slin_version". Others are shown as they are. */
struct slingpu_metadata {
  uint32_t key;   /* string */
  uint32_t value; /* string */
};
SLINGPU_SIZE(struct slingpu_metadata, 8);

enum slingpu_target_flag {
  /* sm_90a, not sm_90: code that runs on this very architecture only. */
  SLINGPU_TARGET_SPECIFIC = 1
};

/* An architecture that every entry has plans for. */
struct slingpu_target {
  uint32_t architecture; /* 90 for sm_90 and sm_90a */
  uint32_t flags;        /* slingpu_target_flag */
};
SLINGPU_SIZE(struct slingpu_target, 8);

/* Code that is loaded as one: a cubin, PTX text, or both; size 0 where there is
 * none. PTX ends with a zero byte, which its size counts. */
struct slingpu_module {
  uint32_t name;         /* string, for messages */
  uint32_t target;       /* index */
  uint64_t cubin_offset; /* in the section of code, multiple of 64 */
  uint64_t cubin_size;
  uint64_t ptx_offset;
  uint64_t ptx_size;
};
SLINGPU_SIZE(struct slingpu_module, 40);

enum slingpu_kernel_flag {
  /* All that is certain of kernels of this kind is that they assemble: no GPU
   * has run one. */
  SLINGPU_KERNEL_ASSEMBLED_ONLY = 1
};

/* `registers` and `spill_bytes` are what ptxas said, for who inspects the file;
 * 0 where it was not run. Threads and cluster are baked into the code too
 * (.reqntid, .reqnctapercluster); a cluster of 1 is none. */
struct slingpu_kernel {
  uint32_t name;    /* string: the symbol */
  uint32_t module;  /* index */
  uint32_t threads; /* per block, along x: 1..1024 */
  uint32_t cluster; /* blocks along x: 1..16 */
  uint32_t dynamic_shared_bytes;
  uint32_t registers; /* per thread */
  uint32_t spill_bytes;
  uint32_t flags; /* slingpu_kernel_flag */
};
SLINGPU_SIZE(struct slingpu_kernel, 32);

/* A packed array: not only matrices, also biases, tables of experts and what
 * else is read only. Ascending and apart. */
struct slingpu_weight {
  uint32_t name; /* string */
  uint32_t reserved;
  uint64_t offset; /* in the section of weight data, multiple of 64 */
  uint64_t size;   /* bytes, at least 1 */
};
SLINGPU_SIZE(struct slingpu_weight, 24);

/* What can be run: one FFN of the model. The plans of one target stand
 * together, targets in their order and every one of them; their token ranges
 * start at 1 and leave no hole. */
struct slingpu_entry {
  uint32_t name;         /* string: the FFN's path in the model, unique */
  uint32_t structure;    /* string: what it computes, for people */
  uint32_t first_value;  /* inputs, then outputs */
  uint32_t input_count;  /* at least 1 */
  uint32_t output_count; /* at least 1 */
  uint32_t first_plan;
  uint32_t plan_count;
  uint32_t reserved;
};
SLINGPU_SIZE(struct slingpu_entry, 32);

enum slingpu_element_type {
  SLINGPU_F32 = 1,
  SLINGPU_F16,
  SLINGPU_BF16,
  SLINGPU_TF32, /* of tensor maps only: f32 in memory, rounded when loaded */
  SLINGPU_I32,
  SLINGPU_U8
};

/* An input or output: row-major [tokens, features], rows without gaps. In the
 * model it had `rank` axes, of which all but the last count tokens. */
struct slingpu_value {
  uint32_t name; /* string */
  uint32_t element_type;
  uint32_t features;
  uint32_t rank;      /* at least 1 */
  uint32_t alignment; /* of the caller's pointer: a power of two, 1..256; 16 for
                         tensor maps and vector access */
  uint32_t reserved;
};
SLINGPU_SIZE(struct slingpu_value, 24);

/* What is done for token counts from <= tokens < to, on one target. */
struct slingpu_plan {
  uint32_t target; /* index */
  uint32_t from;
  uint32_t to; /* at most 2^31 - 1 */
  uint32_t first_buffer;
  uint32_t buffer_count;
  uint32_t first_step;
  uint32_t step_count;
  uint32_t reserved;
};
SLINGPU_SIZE(struct slingpu_plan, 32);

enum slingpu_buffer_kind {
  SLINGPU_BUFFER_INPUT = 1, /* of the caller; size and offset are zero */
  SLINGPU_BUFFER_OUTPUT,    /* the same */
  SLINGPU_BUFFER_WEIGHT,    /* the same */
  SLINGPU_BUFFER_WORKSPACE  /* `size` bytes at `offset` of the workspace */
};

/* Workspace buffers may share bytes where their lives do not meet. Multiplier
 * and constant of their offsets are multiples of 256. They hold anything at the
 * start of a run. */
struct slingpu_buffer {
  uint32_t kind;
  uint32_t index; /* among the entry's inputs, its outputs, or the weights; 0
                     for workspace */
  struct slingpu_number offset;
  struct slingpu_number size;
};
SLINGPU_SIZE(struct slingpu_buffer, 56);

enum slingpu_step_kind {
  SLINGPU_STEP_KERNEL = 1,
  /* Two arguments: a pointer, and a number of bytes from there that become zero
   * (sums of split-K, counters). Kernel, flags, grid are zero. */
  SLINGPU_STEP_CLEAR
};

enum slingpu_step_flag {
  /* Programmatic dependent launch: the kernel may start before the step before
   * it has ended, and says griddepcontrol.wait itself. */
  SLINGPU_STEP_PROGRAMMATIC = 1
};

/* The grid is (x, y, 1) with
 *   y = grid_y
 *   x = grid_x                                      where blocks_per_sm is 0
 *   x = min(grid_x, max(1, blocks_per_sm * SMs / (cluster * y)) * cluster)
 *                                                   otherwise (persistent
 * kernels) Division rounds down. Multiplier and constant of grid_x are
 * multiples of the kernel's cluster; grid_x and grid_y are at least 1 in the
 * plan's range. */
struct slingpu_step {
  uint32_t kind;
  uint32_t kernel; /* index; its module is of the plan's target */
  uint32_t flags;
  uint32_t blocks_per_sm;
  struct slingpu_number grid_x;
  struct slingpu_number grid_y;
  uint32_t first_argument;
  uint32_t argument_count;
};
SLINGPU_SIZE(struct slingpu_step, 72);

enum slingpu_argument_kind {
  SLINGPU_ARGUMENT_TENSOR_MAP = 1, /* .param .align 64 .b8[128] */
  SLINGPU_ARGUMENT_POINTER,        /* .param .u64: buffer + number bytes */
  SLINGPU_ARGUMENT_NUMBER          /* .param .u32: number, at most 2^31 - 1 */
};

/* In the order of the kernel's parameters. */
struct slingpu_argument {
  uint32_t kind;
  uint32_t index; /* tensor map; or buffer, among those of the plan; or 0 */
  struct slingpu_number number;
};
SLINGPU_SIZE(struct slingpu_argument, 32);

enum slingpu_swizzle {
  SLINGPU_SWIZZLE_NONE = 0,
  SLINGPU_SWIZZLE_32 = 1,
  SLINGPU_SWIZZLE_64 = 2,
  SLINGPU_SWIZZLE_128 = 3
};

enum slingpu_l2_promotion {
  SLINGPU_L2_NONE = 0,
  SLINGPU_L2_64 = 1,
  SLINGPU_L2_128 = 2,
  SLINGPU_L2_256 = 3
};

/* What cuTensorMapEncodeTiled gets: axis 0 is the innermost, whose elements
 * touch; strides[i] is of axis i + 1, in bytes, a multiple of 16. Elements
 * outside of `dims` are read as zero and not written. Element strides are 1,
 * nothing is interleaved. Axes from `rank` on are zero (numbers: all fields).
 */
struct slingpu_tensor_map {
  uint32_t buffer; /* among those of the plan */
  uint32_t element_type;
  uint32_t rank; /* 1..SLINGPU_MAX_RANK */
  uint32_t swizzle;
  uint32_t l2_promotion;
  uint32_t box[SLINGPU_MAX_RANK]; /* 1..256 each */
  struct slingpu_number offset;   /* bytes from the buffer's start */
  struct slingpu_number dims[SLINGPU_MAX_RANK];
  struct slingpu_number strides[SLINGPU_MAX_RANK - 1];
};
SLINGPU_SIZE(struct slingpu_tensor_map, 40 + 24 * 10);

#ifdef __cplusplus
}
#endif
#endif
