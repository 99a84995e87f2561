// Runs the kept inputs of one fuzzer: a zstd file of inputs, each led by its length (4 bytes, little endian); see `pack`. [os]
#include <zstd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string unpacked(const char* path) {
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

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string all = unpacked(argv[1]);
  std::size_t count = 0;
  for (std::size_t at = 0; at + 4 <= all.size(); ++count) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(all[at + i])) << (8 * i);
    at += 4;
    if (size > all.size() - at) {
      std::fprintf(stderr, "%s: damaged\n", argv[1]);
      return 1;
    }
    const std::string input = all.substr(at, size);  // a copy of its own, so that sanitizers see its ends
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    at += size;
  }
  std::printf("%zu inputs replayed\n", count);
  return count > 0 ? 0 : 1;
}
