// What random walks have in common: their numbers, and how many of which seeds are asked for. [pure]
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Numbers that a seed decides.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t draw(std::uint64_t bound) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return state_ % bound;
  }
  bool chance(unsigned percent) { return draw(100) < percent; }

 private:
  std::uint64_t state_;
};

struct WalkOptions {
  std::uint64_t seed = 1;
  std::uint64_t sequences = 0;
};

/// PROPERTY_SEED and PROPERTY_SEQUENCES, said on the standard output.
inline WalkOptions walk_options(std::uint64_t usual_sequences) {
  const auto from_environment = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const WalkOptions options{from_environment("PROPERTY_SEED", 1), from_environment("PROPERTY_SEQUENCES", usual_sequences)};
  std::printf("seed %llu, %llu sequences\n", static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(options.sequences));
  return options;
}
