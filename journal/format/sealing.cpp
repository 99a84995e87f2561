#include "journal/format/sealing.h"


#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#define GCRYPT_NO_MPI_MACROS
#include <gcrypt.h>

#include "journal/format/loaded_library.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

/// What each derived number is for: the seed gives another one for each.
constexpr std::uint32_t purpose_p = 1, purpose_q = 2, purpose_x = 3, purpose_key = 0;
/// A state is: two bytes that tell the modulus's size, the modulus, the secret number, the epoch. Numbers are big endian.
constexpr std::size_t size_bytes = 2, epoch_bytes = 8;
constexpr std::size_t largest_modulus_bits = 16384;

struct Gcrypt {
  void* handle = load_library("libgcrypt.so.20");
  decltype(&::gcry_check_version) check_version = find_function<decltype(::gcry_check_version)>(handle, "gcry_check_version");
  decltype(&::gcry_control) control = find_function<decltype(::gcry_control)>(handle, "gcry_control");
  decltype(&::gcry_md_open) md_open = find_function<decltype(::gcry_md_open)>(handle, "gcry_md_open");
  decltype(&::gcry_md_close) md_close = find_function<decltype(::gcry_md_close)>(handle, "gcry_md_close");
  decltype(&::gcry_md_setkey) md_setkey = find_function<decltype(::gcry_md_setkey)>(handle, "gcry_md_setkey");
  decltype(&::gcry_md_write) md_write = find_function<decltype(::gcry_md_write)>(handle, "gcry_md_write");
  decltype(&::gcry_md_read) md_read = find_function<decltype(::gcry_md_read)>(handle, "gcry_md_read");
  decltype(&::gcry_md_hash_buffer) md_hash_buffer = find_function<decltype(::gcry_md_hash_buffer)>(handle, "gcry_md_hash_buffer");
  decltype(&::gcry_mpi_new) mpi_new = find_function<decltype(::gcry_mpi_new)>(handle, "gcry_mpi_new");
  decltype(&::gcry_mpi_release) mpi_release = find_function<decltype(::gcry_mpi_release)>(handle, "gcry_mpi_release");
  decltype(&::gcry_mpi_scan) mpi_scan = find_function<decltype(::gcry_mpi_scan)>(handle, "gcry_mpi_scan");
  decltype(&::gcry_mpi_print) mpi_print = find_function<decltype(::gcry_mpi_print)>(handle, "gcry_mpi_print");
  decltype(&::gcry_mpi_mul) mpi_mul = find_function<decltype(::gcry_mpi_mul)>(handle, "gcry_mpi_mul");
  decltype(&::gcry_mpi_mulm) mpi_mulm = find_function<decltype(::gcry_mpi_mulm)>(handle, "gcry_mpi_mulm");
  decltype(&::gcry_mpi_powm) mpi_powm = find_function<decltype(::gcry_mpi_powm)>(handle, "gcry_mpi_powm");
  decltype(&::gcry_mpi_add_ui) mpi_add_ui = find_function<decltype(::gcry_mpi_add_ui)>(handle, "gcry_mpi_add_ui");
  decltype(&::gcry_mpi_sub_ui) mpi_sub_ui = find_function<decltype(::gcry_mpi_sub_ui)>(handle, "gcry_mpi_sub_ui");
  decltype(&::gcry_mpi_set_ui) mpi_set_ui = find_function<decltype(::gcry_mpi_set_ui)>(handle, "gcry_mpi_set_ui");
  decltype(&::gcry_prime_check) prime_check = find_function<decltype(::gcry_prime_check)>(handle, "gcry_prime_check");

  /// nullptr when the library is missing or lacks a function.
  static const Gcrypt* get() {
    static const Gcrypt library;
    static const bool usable = library.prepare();
    return usable ? &library : nullptr;
  }

 private:
  bool prepare() const {
    if (!(check_version && control && md_open && md_close && md_setkey && md_write && md_read && md_hash_buffer && mpi_new && mpi_release &&
          mpi_scan && mpi_print && mpi_mul && mpi_mulm && mpi_powm && mpi_add_ui && mpi_sub_ui && mpi_set_ui && prime_check))
      return false;
    if (check_version("1.4.5") == nullptr) return false;
    control(GCRYCTL_DISABLE_SECMEM);
    control(GCRYCTL_INITIALIZATION_FINISHED);
    return true;
  }
};

Result<const Gcrypt*> need_gcrypt() {
  if (const Gcrypt* library = Gcrypt::get()) return library;
  return fail(ErrorCode::not_supported, "libgcrypt.so.20 is not installed");
}

/// A number of any size. Only made once the library is there.
class Number {
 public:
  Number() : value_(Gcrypt::get()->mpi_new(0)) {}
  explicit Number(std::span<const std::uint8_t> bytes) { Gcrypt::get()->mpi_scan(&value_, GCRYMPI_FMT_USG, bytes.data(), bytes.size(), nullptr); }
  Number(Number&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  ~Number() { Gcrypt::get()->mpi_release(value_); }
  [[nodiscard]] gcry_mpi_t get() const { return value_; }
  /// Stores it, with zeros in front.
  void store(std::span<std::uint8_t> target) const {
    std::size_t size = 0;
    std::fill(target.begin(), target.end(), std::uint8_t{0});
    Gcrypt::get()->mpi_print(GCRYMPI_FMT_USG, nullptr, 0, &size, value_);
    if (size > target.size()) return;
    Gcrypt::get()->mpi_print(GCRYMPI_FMT_USG, target.data() + (target.size() - size), size, nullptr, value_);
  }

 private:
  gcry_mpi_t value_ = nullptr;
};

void append_big_endian(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// Fills `target` with what follows from the seed for a purpose: SHA-256 over seed, purpose and a counter, block after block.
void derive(std::span<const std::uint8_t> seed, std::uint32_t purpose, std::span<std::uint8_t> target) {
  std::vector<std::uint8_t> input(seed.begin(), seed.end());
  append_big_endian(input, purpose);
  const std::size_t counter_at = input.size();
  std::array<std::uint8_t, 32> block{};
  for (std::uint32_t counter = 0; !target.empty(); ++counter) {
    input.resize(counter_at);
    append_big_endian(input, counter);
    Gcrypt::get()->md_hash_buffer(GCRY_MD_SHA256, block.data(), input.data(), input.size());
    const std::size_t n = std::min(target.size(), block.size());
    std::memcpy(target.data(), block.data(), n);
    target = target.subspan(n);
  }
}

/// A prime of half the modulus's size that is 3 modulo 4: the first at or after a derived number.
Number derive_prime(std::span<const std::uint8_t> seed, std::uint32_t purpose) {
  std::array<std::uint8_t, seal_modulus_bits / 2 / 8> bytes{};
  derive(seed, purpose, bytes);
  bytes.front() |= 0xc0;  // the product shall have the full size
  bytes.back() |= 0x03;
  Number candidate(bytes);
  while (Gcrypt::get()->prime_check(candidate.get(), 0) != 0) Gcrypt::get()->mpi_add_ui(candidate.get(), candidate.get(), 4);
  return candidate;
}

void store_epoch(std::span<std::uint8_t> state, std::uint64_t epoch) {
  for (std::size_t i = 1; i <= epoch_bytes; ++i, epoch >>= 8) state[state.size() - i] = static_cast<std::uint8_t>(epoch);
}

/// Bytes of the modulus of a state of that beginning.
std::size_t modulus_size(std::span<const std::uint8_t> state) { return (std::size_t{state[0]} * 256 + state[1] + 1) * 16 / 8; }

}  // namespace

Result<SealState> SealState::parse(std::span<const std::uint8_t> bytes) {
  [[maybe_unused]] const Gcrypt* const library = TRY(need_gcrypt());
  if (bytes.size() < size_bytes || modulus_size(bytes) > largest_modulus_bits / 8 ||
      bytes.size() != size_bytes + 2 * modulus_size(bytes) + epoch_bytes)
    return fail(ErrorCode::protocol, "not the state of a sealing key");
  const auto modulus = bytes.subspan(size_bytes, modulus_size(bytes));
  if (std::all_of(modulus.begin(), modulus.end(), [](std::uint8_t byte) { return byte == 0; }))  // the library would abort
    return fail(ErrorCode::protocol, "not the state of a sealing key");
  SealState state;
  state.bytes_.assign(bytes.begin(), bytes.end());
  return state;
}

std::uint64_t SealState::epoch() const {
  std::uint64_t epoch = 0;
  for (const std::uint8_t byte : std::span(bytes_).last(epoch_bytes)) epoch = epoch << 8 | byte;
  return epoch;
}

void SealState::evolve(std::uint64_t steps) {
  const std::size_t size = modulus_size(bytes_);
  const std::span<std::uint8_t> state(bytes_);
  const std::span<std::uint8_t> secret = state.subspan(size_bytes + size, size);
  const Number modulus(state.subspan(size_bytes, size));
  const Number x(secret);
  for (std::uint64_t i = 0; i < steps; ++i) Gcrypt::get()->mpi_mulm(x.get(), x.get(), x.get(), modulus.get());
  x.store(secret);
  store_epoch(state, epoch() + steps);
}

SealKey SealState::key() const {
  SealKey key{};
  derive(std::span(bytes_).subspan(size_bytes), purpose_key, key);
  return key;
}

Result<SealSource> SealSource::from_seed(const SealSeed& seed) {
  const Gcrypt* library = TRY(need_gcrypt());
  SealSource source;
  derive(seed, purpose_x, source.x_);
  source.x_.front() &= 0x7f;  // below the modulus
  const Number p = derive_prime(seed, purpose_p), q = derive_prime(seed, purpose_q), n, x(source.x_);
  library->mpi_mul(n.get(), p.get(), q.get());
  library->mpi_mulm(x.get(), x.get(), x.get(), n.get());
  p.store(source.p_);
  q.store(source.q_);
  n.store(source.n_);
  x.store(source.x_);
  return source;
}

SealState SealSource::at(std::uint64_t epoch) const {
  const Gcrypt& library = *Gcrypt::get();
  const Number p(p_), q(q_), n(n_), x(x_), order, exponent, two, count;
  // Squared `epoch` times: the exponent is 2^epoch, which may be reduced modulo (p - 1) * (q - 1) by who knows both.
  library.mpi_sub_ui(p.get(), p.get(), 1);
  library.mpi_sub_ui(q.get(), q.get(), 1);
  library.mpi_mul(order.get(), p.get(), q.get());
  library.mpi_set_ui(two.get(), 2);
  library.mpi_set_ui(count.get(), epoch);
  library.mpi_powm(exponent.get(), two.get(), count.get(), order.get());
  library.mpi_powm(x.get(), x.get(), exponent.get(), n.get());
  SealState state;
  constexpr std::size_t size = seal_modulus_bits / 8;
  constexpr std::size_t announced = seal_modulus_bits / 16 - 1;
  state.bytes_.resize(size_bytes + 2 * size + epoch_bytes);
  const std::span<std::uint8_t> bytes(state.bytes_);
  bytes[0] = announced >> 8;
  bytes[1] = announced & 0xff;
  n.store(bytes.subspan(size_bytes, size));
  x.store(bytes.subspan(size_bytes + size, size));
  store_epoch(bytes, epoch);
  return state;
}

SealHmac::SealHmac(const SealKey& key) {
  gcry_md_hd_t context = nullptr;
  if (Gcrypt::get()->md_open(&context, GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC) != 0) return;
  if (Gcrypt::get()->md_setkey(context, key.data(), key.size()) == 0)
    context_ = context;
  else
    Gcrypt::get()->md_close(context);
}

SealHmac::~SealHmac() { Gcrypt::get()->md_close(static_cast<gcry_md_hd_t>(context_)); }

void SealHmac::add(std::span<const std::uint8_t> bytes) {
  if (context_ != nullptr) Gcrypt::get()->md_write(static_cast<gcry_md_hd_t>(context_), bytes.data(), bytes.size());
}

SealCode SealHmac::finish() {
  SealCode code{};
  if (context_ == nullptr) return code;
  if (const std::uint8_t* bytes = Gcrypt::get()->md_read(static_cast<gcry_md_hd_t>(context_), GCRY_MD_SHA256))
    std::memcpy(code.data(), bytes, code.size());
  return code;
}

Result<VerificationKey> parse_verification_key(std::string_view text) {
  const auto bad = [] { return fail(ErrorCode::invalid_argument, "a verification key is SEED/START-INTERVAL in hexadecimal digits"); };
  const auto take_number = [&text](std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc{};
  };
  VerificationKey key;
  for (std::uint8_t& byte : key.seed) {
    while (text.starts_with('-')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(2, text.size()), byte, 16);
    if (error != std::errc{} || end != text.data() + 2) return bad();
    text.remove_prefix(2);
  }
  if (!text.starts_with('/')) return bad();
  text.remove_prefix(1);
  std::uint64_t epochs = 0;
  if (!take_number(epochs) || !text.starts_with('-')) return bad();
  text.remove_prefix(1);
  if (!take_number(key.interval) || !text.empty() || key.interval == 0 || epochs > UINT64_MAX / key.interval) return bad();
  key.start = epochs * key.interval;
  return key;
}

std::string format_verification_key(const VerificationKey& key) {
  std::string text;
  char buffer[40];
  for (std::size_t i = 0; i < key.seed.size(); ++i) {
    std::snprintf(buffer, sizeof buffer, "%s%02x", i > 0 && i % 3 == 0 ? "-" : "", key.seed[i]);
    text += buffer;
  }
  std::snprintf(buffer, sizeof buffer, "/%llx-%llx", static_cast<unsigned long long>(key.start / key.interval),
                static_cast<unsigned long long>(key.interval));
  return text + buffer;
}

}  // namespace journal
