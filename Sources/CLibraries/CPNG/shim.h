// libpng reports an error by a long jump, which Swift must never see. These functions take the
// jump themselves, so that Swift calls plain functions: bytes in, bytes out, and a message on failure.
#ifndef UNDERTONE_CPNG_H
#define UNDERTONE_CPNG_H

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// One text chunk. `value` is Latin-1, or UTF-8 where `isUTF8`.
typedef struct {
  const char *key;
  const char *value;
  int isUTF8;
} undertone_png_text;

/// What libpng reads from or writes to, and what it complained of.
typedef struct {
  unsigned char *bytes;
  size_t count, capacity, position;
  char message[160];
} undertone_png_buffer;

static inline void undertone_png_fail(png_structp png, png_const_charp message) {
  undertone_png_buffer *buffer = (undertone_png_buffer *)png_get_error_ptr(png);
  snprintf(buffer->message, sizeof buffer->message, "%s", message);
  png_longjmp(png, 1);
}

static inline void undertone_png_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static inline void undertone_png_append(png_structp png, png_bytep bytes, size_t count) {
  undertone_png_buffer *buffer = (undertone_png_buffer *)png_get_io_ptr(png);
  if (buffer->count + count > buffer->capacity) {
    size_t capacity = 2 * (buffer->count + count) + 65536;
    unsigned char *grown = (unsigned char *)realloc(buffer->bytes, capacity);
    if (!grown) png_error(png, "out of memory");
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

static inline void undertone_png_flush(png_structp png) { (void)png; }

static inline void undertone_png_take(png_structp png, png_bytep bytes, size_t count) {
  undertone_png_buffer *buffer = (undertone_png_buffer *)png_get_io_ptr(png);
  if (count > buffer->count - buffer->position) png_error(png, "the file ends too early");
  memcpy(bytes, buffer->bytes + buffer->position, count);
  buffer->position += count;
}

/// Rows of a picture as a part of a zlib stream that can be compressed beside the others: it refers to nothing before it
/// and ends at a whole byte. The caller frees `bytes`.
typedef struct {
  unsigned char *bytes;
  size_t count;
  /// Of the rows before compression.
  size_t length;
  unsigned long adler;
} undertone_png_part;

/// Compresses `height` rows of 32-bit pixels, `stride` pixels apart, by zlib's `level`: 0x00RRGGBB as 8-bit RGB, or, of one
/// channel, indices of a palette. Where there is no memory, `part->bytes` is NULL.
static inline void undertone_png_compress(
    undertone_png_part *part, const unsigned int *pixels, int width, int height, size_t stride, int channels,
    int isLast, int level) {
  size_t rowLength = (size_t)channels * (size_t)width + 1;
  z_stream stream = {0};
  unsigned char *row = (unsigned char *)malloc(rowLength);
  part->bytes = NULL;
  part->length = rowLength * (size_t)height;
  part->adler = adler32(0, NULL, 0);
  // Negative window bits: no header and no check sum, which all parts have in common. Level 2 needs a fifth less time than
  // 3 on twelve noisy spectrograms, and 1 to 3 % more bytes; 9 takes a quarter fewer bytes than 2.
  if (!row || deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    free(row);
    return;
  }
  size_t room = deflateBound(&stream, part->length) + 16;
  part->bytes = (unsigned char *)malloc(room);
  stream.next_out = part->bytes;
  stream.avail_out = (unsigned int)room;
  // Blocks of equal pixels and white paper need no filter: zlib finds the row above by itself. Measured on an explanation
  // of 1600 × 1400 in one part: 15 to 20 ms and 300 kB; with the filter "up" 19 to 26 ms and 260 kB, with all filters 45
  // to 60 ms and 270 kB, with "up" and level 6 twice the time for a fifth fewer bytes.
  row[0] = 0;
  int status = part->bytes ? Z_OK : Z_MEM_ERROR;
  for (int y = 0; y < height && status == Z_OK; y++) {
    const unsigned int *source = pixels + stride * (size_t)y;
    for (int x = 0; x < width; x++) {
      if (channels == 1) {
        row[x + 1] = (unsigned char)source[x];
        continue;
      }
      row[3 * x + 1] = (unsigned char)(source[x] >> 16);
      row[3 * x + 2] = (unsigned char)(source[x] >> 8);
      row[3 * x + 3] = (unsigned char)source[x];
    }
    part->adler = adler32_z(part->adler, row, rowLength);
    stream.next_in = row;
    stream.avail_in = (unsigned int)rowLength;
    int isEnd = y == height - 1;
    status = deflate(&stream, !isEnd ? Z_NO_FLUSH : isLast ? Z_FINISH : Z_FULL_FLUSH);
  }
  part->count = room - stream.avail_out;
  deflateEnd(&stream);
  free(row);
  if (status == (isLast ? Z_STREAM_END : Z_OK)) return;
  free(part->bytes);
  part->bytes = NULL;
}

/// A PNG of a picture whose rows are in `parts`, in their order: of indices of `palette` (0x00RRGGBB, at most 256), or, where
/// that has no colours, of RGB. Returns 0, or 1 with `out->message`. Free `out->bytes` in
/// both cases.
static inline int undertone_png_encode(
    undertone_png_buffer *out, const undertone_png_part *parts, int partCount, int width, int height,
    const unsigned int *palette, int paletteCount, int pixelsPerMetre, const undertone_png_text *texts, int textCount) {
  png_infop info = NULL;
  png_text *chunks = (png_text *)calloc((size_t)textCount + 1, sizeof(png_text));
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, out, undertone_png_fail, undertone_png_ignore);
  if (png) info = png_create_info_struct(png);
  if (!png || !info || !chunks) {
    snprintf(out->message, sizeof out->message, "out of memory");
    png_destroy_write_struct(&png, &info);
    free(chunks);
    return 1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(chunks);
    return 1;
  }
  png_set_write_fn(png, out, undertone_png_append, undertone_png_flush);
  png_set_IHDR(
      png, info, (png_uint_32)width, (png_uint_32)height, 8,
      paletteCount ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (paletteCount) {
    png_color colors[256];
    for (int i = 0; i < paletteCount; i++) {
      colors[i].red = (png_byte)(palette[i] >> 16);
      colors[i].green = (png_byte)(palette[i] >> 8);
      colors[i].blue = (png_byte)palette[i];
    }
    png_set_PLTE(png, info, colors, paletteCount);
  }
  png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  png_set_pHYs(
      png, info, (png_uint_32)pixelsPerMetre, (png_uint_32)pixelsPerMetre, PNG_RESOLUTION_METER);
  for (int i = 0; i < textCount; i++) {
    chunks[i].compression = texts[i].isUTF8 ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
    chunks[i].key = (png_charp)texts[i].key;
    chunks[i].text = (png_charp)texts[i].value;
  }
  png_set_text(png, info, chunks, textCount);
  png_write_info(png, info);
  // libpng compresses in one piece; so the chunks are made here, the zlib stream's header and check sum too (RFC 1950).
  static const unsigned char header[2] = {0x78, 0x5E};
  unsigned long adler = adler32(0, NULL, 0);
  png_write_chunk(png, (png_const_bytep) "IDAT", header, 2);
  for (int i = 0; i < partCount; i++) {
    png_write_chunk(png, (png_const_bytep) "IDAT", parts[i].bytes, parts[i].count);
    adler = adler32_combine(adler, parts[i].adler, (z_off_t)parts[i].length);
  }
  unsigned char sum[4];
  png_save_uint_32(sum, (png_uint_32)adler);
  png_write_chunk(png, (png_const_bytep) "IDAT", sum, 4);
  png_write_chunk(png, (png_const_bytep) "IEND", NULL, 0);
  png_destroy_write_struct(&png, &info);
  free(chunks);
  return 0;
}

/// A decoded file: 8-bit RGBA rows without gaps, and the text chunks. `undertone_png_release` frees it.
typedef struct {
  unsigned char *pixels;
  int width, height;
  double pixelsPerMetre;
  undertone_png_text *texts;
  int textCount;
  png_structp png;
  png_infop info;
} undertone_png_image;

static inline void undertone_png_release(undertone_png_image *image) {
  free(image->pixels);
  free(image->texts);
  png_destroy_read_struct(&image->png, &image->info, NULL);
}

/// Decodes any PNG of at most 2^28 pixels. Returns 0, or 1 with `in->message`. Call
/// `undertone_png_release` in both cases, once the texts, which lie inside libpng's own memory, are read.
static inline int undertone_png_decode(undertone_png_buffer *in, undertone_png_image *image) {
  image->png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, in, undertone_png_fail, undertone_png_ignore);
  if (image->png) image->info = png_create_info_struct(image->png);
  if (!image->png || !image->info) {
    snprintf(in->message, sizeof in->message, "out of memory");
    return 1;
  }
  png_structp png = image->png;
  png_infop info = image->info;
  if (setjmp(png_jmpbuf(png))) return 1;
  png_set_read_fn(png, in, undertone_png_take);
  png_read_info(png, info);
  image->width = (int)png_get_image_width(png, info);
  image->height = (int)png_get_image_height(png, info);
  if ((size_t)image->width * (size_t)image->height > ((size_t)1 << 28)) {
    png_error(png, "more than 2^28 pixels");
  }
  image->pixelsPerMetre = png_get_x_pixels_per_meter(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t stride = png_get_rowbytes(png, info);
  if (stride != 4 * (size_t)image->width) png_error(png, "a pixel format that cannot be made RGBA");
  image->pixels = (unsigned char *)calloc((size_t)image->height, stride);
  if (!image->pixels) png_error(png, "out of memory");
  for (int pass = 0; pass < passes; pass++) {
    for (int y = 0; y < image->height; y++) png_read_row(png, image->pixels + stride * (size_t)y, NULL);
  }
  png_read_end(png, info);
  png_textp chunks = NULL;
  int count = 0;
  png_get_text(png, info, &chunks, &count);
  image->texts = (undertone_png_text *)calloc((size_t)count + 1, sizeof(undertone_png_text));
  if (!image->texts) png_error(png, "out of memory");
  image->textCount = count;
  for (int i = 0; i < count; i++) {
    image->texts[i].key = chunks[i].key;
    image->texts[i].value = chunks[i].text;
    image->texts[i].isUTF8 = chunks[i].compression >= PNG_ITXT_COMPRESSION_NONE;
  }
  return 0;
}

#endif
