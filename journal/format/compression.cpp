#include "journal/format/compression.h"

#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "journal/format/layout.h"
#include "journal/format/loaded_library.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

constexpr std::size_t step_size = 128 * 1024;

struct ZstdLibrary {
  void* handle = load_library("libzstd.so.1");
  decltype(&::ZSTD_createDCtx) create_dctx = find_function<decltype(::ZSTD_createDCtx)>(handle, "ZSTD_createDCtx");
  decltype(&::ZSTD_freeDCtx) free_dctx = find_function<decltype(::ZSTD_freeDCtx)>(handle, "ZSTD_freeDCtx");
  decltype(&::ZSTD_decompressStream) stream =
      find_function<decltype(::ZSTD_decompressStream)>(handle, "ZSTD_decompressStream");
  decltype(&::ZSTD_initDStream) init = find_function<decltype(::ZSTD_initDStream)>(handle, "ZSTD_initDStream");
  decltype(&::ZSTD_isError) is_error = find_function<decltype(::ZSTD_isError)>(handle, "ZSTD_isError");
  decltype(&::ZSTD_compress) compress = find_function<decltype(::ZSTD_compress)>(handle, "ZSTD_compress");
  decltype(&::ZSTD_compressBound) bound = find_function<decltype(::ZSTD_compressBound)>(handle, "ZSTD_compressBound");
  decltype(&::ZSTD_findFrameCompressedSize) frame_size =
      find_function<decltype(::ZSTD_findFrameCompressedSize)>(handle, "ZSTD_findFrameCompressedSize");
  ZSTD_DCtx* context = nullptr;

  [[nodiscard]] bool usable() const {
    return create_dctx && free_dctx && stream && init && is_error && compress && bound && frame_size;
  }
  static ZstdLibrary& get() {
    static ZstdLibrary library;
    return library;
  }
};

bool pack_zstd(std::string_view data, std::string& packed, int level) {
  const ZstdLibrary& zstd = ZstdLibrary::get();
  if (!zstd.usable()) return false;
  packed.resize(zstd.bound(data.size()));
  const std::size_t n = zstd.compress(packed.data(), packed.size(), data.data(), data.size(), level);
  if (zstd.is_error(n)) return false;
  packed.resize(n);
  return true;
}

struct Lz4Library {
  using Decompress = int(const char*, char*, int, int);
  using DecompressPartial = int(const char*, char*, int, int, int);
  void* handle = load_library("liblz4.so.1");
  Decompress* whole = find_function<Decompress>(handle, "LZ4_decompress_safe");
  DecompressPartial* partial = find_function<DecompressPartial>(handle, "LZ4_decompress_safe_partial");
  static Lz4Library& get() {
    static Lz4Library library;
    return library;
  }
};

struct XzLibrary {
  void* handle = load_library("liblzma.so.5");
  decltype(&::lzma_stream_decoder) decoder = find_function<decltype(::lzma_stream_decoder)>(handle, "lzma_stream_decoder");
  decltype(&::lzma_code) code = find_function<decltype(::lzma_code)>(handle, "lzma_code");
  decltype(&::lzma_end) end = find_function<decltype(::lzma_end)>(handle, "lzma_end");
  static XzLibrary& get() {
    static XzLibrary library;
    return library;
  }
};

Result<void> decompress_zstd(std::string_view packed, std::string& expanded, std::uint64_t enough) {
  ZstdLibrary& zstd = ZstdLibrary::get();
  if (!zstd.usable()) return fail(ErrorCode::not_supported, "libzstd.so.1 is not installed");
  if (zstd.context == nullptr) zstd.context = zstd.create_dctx();
  if (zstd.context == nullptr) return fail(ErrorCode::io, "no memory for the ZSTD decoder");
  zstd.init(zstd.context);
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  std::size_t written = 0;
  for (;;) {
    if (written == expanded.size()) expanded.resize(std::max(step_size, expanded.size() * 2));
    ZSTD_outBuffer output{expanded.data(), expanded.size(), written};
    const std::size_t input_before = input.pos;
    const std::size_t left = zstd.stream(zstd.context, &output, &input);
    if (zstd.is_error(left)) return fail(ErrorCode::protocol, "damaged ZSTD data");
    const bool progress = output.pos > written || input.pos > input_before;
    written = output.pos;
    if (left == 0 || written >= enough) break;
    if (written >= expanded_size_limit) return fail(ErrorCode::too_big, "field expands beyond the limit");
    if (!progress) return fail(ErrorCode::protocol, "ZSTD data ends early");
  }
  expanded.resize(written);
  return {};
}

Result<void> decompress_lz4(std::string_view packed, std::string& expanded, std::uint64_t enough) {
  const Lz4Library& lz4 = Lz4Library::get();
  if (lz4.whole == nullptr || lz4.partial == nullptr)
    return fail(ErrorCode::not_supported, "liblz4.so.1 is not installed");
  std::uint64_t size = 0;
  if (packed.size() <= sizeof size) return fail(ErrorCode::protocol, "LZ4 data without its size");
  std::memcpy(&size, packed.data(), sizeof size);
  packed.remove_prefix(sizeof size);
  // LZ4 cannot shrink data more than 255 times: a larger claim is a lie.
  if (size > expanded_size_limit || size / 256 > packed.size() || packed.size() > expanded_size_limit)
    return fail(ErrorCode::too_big, "field expands beyond the limit");
  const auto wanted = static_cast<int>(std::min(size, enough));
  expanded.resize(size);
  const int n = static_cast<std::uint64_t>(wanted) == size
                    ? lz4.whole(packed.data(), expanded.data(), static_cast<int>(packed.size()), wanted)
                    : lz4.partial(packed.data(), expanded.data(), static_cast<int>(packed.size()), wanted, wanted);
  if (n < 0 || n < wanted) return fail(ErrorCode::protocol, "damaged LZ4 data");
  expanded.resize(static_cast<std::size_t>(n));
  return {};
}

Result<void> decompress_xz(std::string_view packed, std::string& expanded, std::uint64_t enough) {
  const XzLibrary& xz = XzLibrary::get();
  if (xz.decoder == nullptr || xz.code == nullptr || xz.end == nullptr)
    return fail(ErrorCode::not_supported, "liblzma.so.5 is not installed");
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, decltype(&::lzma_end)> guard(&stream, xz.end);
  if (xz.decoder(&stream, expanded_size_limit, 0) != LZMA_OK) return fail(ErrorCode::io, "no memory for XZ");
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::size_t written = 0;
  for (;;) {
    if (written == expanded.size()) expanded.resize(std::max(step_size, expanded.size() * 2));
    stream.next_out = reinterpret_cast<std::uint8_t*>(expanded.data()) + written;
    stream.avail_out = expanded.size() - written;
    const lzma_ret result = xz.code(&stream, LZMA_FINISH);
    written = expanded.size() - stream.avail_out;
    if (result == LZMA_STREAM_END || (result == LZMA_OK && written >= enough)) break;
    if (result != LZMA_OK) return fail(ErrorCode::protocol, "damaged XZ data");
    if (written >= expanded_size_limit) return fail(ErrorCode::too_big, "field expands beyond the limit");
  }
  expanded.resize(written);
  return {};
}

}  // namespace

Compression compression_of_flags(std::uint8_t object_flags) {
  switch (object_flags & object_flag::compressed_any) {
    case object_flag::compressed_xz: return Compression::xz;
    case object_flag::compressed_lz4: return Compression::lz4;
    case object_flag::compressed_zstd: return Compression::zstd;
    default: return Compression::none;
  }
}

Result<void> decompress(Compression kind, std::string_view packed, std::string& expanded, std::uint64_t enough) {
  switch (kind) {
    case Compression::zstd: return decompress_zstd(packed, expanded, enough);
    case Compression::lz4: return decompress_lz4(packed, expanded, enough);
    case Compression::xz: return decompress_xz(packed, expanded, enough);
    case Compression::none: break;
  }
  expanded.assign(packed);
  return {};
}

bool pack_zstd_frame(std::string_view data, std::string& packed) { return pack_zstd(data, packed, 3); }

std::size_t zstd_frame_bound(std::size_t size) {
  const ZstdLibrary& zstd = ZstdLibrary::get();
  return zstd.usable() ? zstd.bound(size) : size;
}

Result<std::size_t> zstd_frame_size(std::string_view data) {
  const ZstdLibrary& zstd = ZstdLibrary::get();
  if (!zstd.usable()) return fail(ErrorCode::not_supported, "libzstd.so.1 is not installed");
  const std::size_t size = zstd.frame_size(data.data(), data.size());
  if (zstd.is_error(size) || size == 0 || size > data.size()) return fail(ErrorCode::protocol, "damaged ZSTD data");
  return size;
}

bool compress_zstd(std::string_view data, std::string& packed) {
  constexpr int fastest_sensible_level = 1;
  return pack_zstd(data, packed, fastest_sensible_level) && packed.size() < data.size();
}

}  // namespace journal
