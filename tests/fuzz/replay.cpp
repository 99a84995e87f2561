// Runs the kept inputs of one fuzzer: a zstd file of inputs, each led by its length (4 bytes, little endian); see `pack`. [os]
#include <cstdint>
#include <cstdio>
#include <string>

#include "tests/zstd_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string all = read_zstd_file(argv[1]);
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
