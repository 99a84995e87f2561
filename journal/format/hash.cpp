#include "journal/format/hash.h"

#include <cstring>

namespace journal {
namespace {

constexpr std::uint32_t rotate32(std::uint32_t x, unsigned k) { return (x << k) | (x >> (32 - k)); }
constexpr std::uint64_t rotate64(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64 - k)); }

struct JenkinsState {
  std::uint32_t a, b, c;

  void mix() {
    a -= c; a ^= rotate32(c, 4);  c += b;
    b -= a; b ^= rotate32(a, 6);  a += c;
    c -= b; c ^= rotate32(b, 8);  b += a;
    a -= c; a ^= rotate32(c, 16); c += b;
    b -= a; b ^= rotate32(a, 19); a += c;
    c -= b; c ^= rotate32(b, 4);  b += a;
  }
  void finish() {
    c ^= b; c -= rotate32(b, 14);
    a ^= c; a -= rotate32(c, 11);
    b ^= a; b -= rotate32(a, 25);
    c ^= b; c -= rotate32(b, 16);
    a ^= c; a -= rotate32(c, 4);
    b ^= a; b -= rotate32(a, 14);
    c ^= b; c -= rotate32(b, 24);
  }
};

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1; v1 = rotate64(v1, 13); v1 ^= v0; v0 = rotate64(v0, 32);
    v2 += v3; v3 = rotate64(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotate64(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotate64(v1, 17); v1 ^= v2; v2 = rotate64(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t jenkins_hash64(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  const auto start = 0xdeadbeefU + static_cast<std::uint32_t>(size);
  JenkinsState s{start, start, start};
  std::uint32_t words[3];
  while (size > 12) {
    std::memcpy(words, bytes, 12);
    s.a += words[0];
    s.b += words[1];
    s.c += words[2];
    s.mix();
    bytes += 12;
    size -= 12;
  }
  if (size > 0) {  // lookup3 adds the rest as if padded with zero bytes, and mixes only when there is a rest
    words[0] = words[1] = words[2] = 0;
    std::memcpy(words, bytes, size);
    s.a += words[0];
    s.b += words[1];
    s.c += words[2];
    s.finish();
  }
  return (static_cast<std::uint64_t>(s.c) << 32) | s.b;
}

std::uint64_t siphash24(const void* data, std::size_t size, const Id128& key) {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
  std::memcpy(&k0, key.bytes.data(), 8);
  std::memcpy(&k1, key.bytes.data() + 8, 8);
  SipState s{0x736f6d6570736575ULL ^ k0, 0x646f72616e646f6dULL ^ k1, 0x6c7967656e657261ULL ^ k0,
             0x7465646279746573ULL ^ k1};
  const auto* bytes = static_cast<const unsigned char*>(data);
  const std::size_t whole = size & ~std::size_t{7};
  for (std::size_t i = 0; i < whole; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    s.absorb(word);
  }
  std::uint64_t last = 0;
  if (size > whole) std::memcpy(&last, bytes + whole, size - whole);
  s.absorb(last | (static_cast<std::uint64_t>(size) << 56));
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace journal
