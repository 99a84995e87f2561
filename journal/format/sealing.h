// Forward-secure sealing: keys that follow from each other in one direction only, and the codes made with them. The generator is
// FSPRG (Marson, Poettering: "Practical Secure Logging: Seekable Sequential Key Generators"): a secret number is squared modulo
// n = p * q for each epoch, which nobody undoes who does not know p and q. libgcrypt is loaded on first use. [pure]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace journal {

inline constexpr std::size_t seal_seed_size = 12;
inline constexpr std::uint16_t seal_modulus_bits = 1536;
using SealSeed = std::array<std::uint8_t, seal_seed_size>;
using SealKey = std::array<std::uint8_t, 32>;
using SealCode = std::array<std::uint8_t, 32>;

/// The generator in one epoch, in the form of the key file. Who has it can make the keys of this epoch and of all later ones, and
/// of none before.
class SealState {
 public:
  /// Takes over those bytes. Errors: protocol (not a state), not_supported (libgcrypt is missing).
  [[nodiscard]] static unitparser::Result<SealState> parse(std::span<const std::uint8_t> bytes);
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t epoch() const;
  /// Goes on by so many epochs and forgets the way back. Time is linear in `steps`: some microseconds each.
  void evolve(std::uint64_t steps);
  /// The key of this epoch.
  [[nodiscard]] SealKey key() const;

 private:
  friend class SealSource;
  std::vector<std::uint8_t> bytes_;
};

/// What the verification key's seed leads to: the states of all epochs.
class SealSource {
 public:
  /// Some 100 ms. Errors: not_supported (libgcrypt is missing).
  [[nodiscard]] static unitparser::Result<SealSource> from_seed(const SealSeed& seed);
  [[nodiscard]] SealState at(std::uint64_t epoch) const;

 private:
  static constexpr std::size_t size = seal_modulus_bits / 8;
  std::array<std::uint8_t, size / 2> p_{}, q_{};  ///< the modulus's two primes
  std::array<std::uint8_t, size> n_{}, x_{};      ///< the modulus, and the secret number of epoch 0
};

/// A code (HMAC-SHA256) over bytes that come one after the other.
class SealHmac {
 public:
  explicit SealHmac(const SealKey& key);
  ~SealHmac();
  SealHmac(const SealHmac&) = delete;
  SealHmac& operator=(const SealHmac&) = delete;
  void add(std::span<const std::uint8_t> bytes);
  /// The code of everything added; nothing may be added afterwards. All zeros: the library failed, and nothing is proved.
  [[nodiscard]] SealCode finish();

 private:
  void* context_ = nullptr;
};

/// What `journalctl --verify-key=` takes: "SEED/START-INTERVAL".
struct VerificationKey {
  SealSeed seed{};
  std::uint64_t start = 0;     ///< of epoch 0, microseconds since 1970
  std::uint64_t interval = 0;  ///< of each epoch, microseconds; not 0
};
[[nodiscard]] unitparser::Result<VerificationKey> parse_verification_key(std::string_view text);
[[nodiscard]] std::string format_verification_key(const VerificationKey& key);

}  // namespace journal
