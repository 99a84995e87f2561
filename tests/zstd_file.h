// Files of test data that are kept compressed. [os: reads files]
#pragma once

#include <zstd.h>

#include <fstream>
#include <iterator>
#include <string>

/// The content of a zstd file, as far as it is sound; empty when it cannot be read.
inline std::string read_zstd_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ZSTD_DStream* stream = ZSTD_createDStream();
  std::string text;
  std::string buffer(1 << 16, '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)) != 0) break;
    text.append(buffer, 0, out.pos);
  }
  ZSTD_freeDStream(stream);
  return text;
}
