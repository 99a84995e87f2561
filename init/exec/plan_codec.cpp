// One description of every plan struct's fields drives both directions; a field left out does not compile. [pure]
#include "init/exec/plan_codec.h"

#include <concepts>
#include <cstring>
#include <map>
#include <optional>

namespace init {
namespace {

using namespace unitparser;

template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

// --- Fields: the structured binding breaks the build when a struct grows ----------------------------------------
template <class V> void fields(V& v, Is<PlanProcess> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k] = s;
  v(a, b, c, d, e, f, g, h, i, j, k);
}
template <class V> void fields(V& v, Is<PlanEnvironment> auto& s) {
  auto& [a, b, c, d, e, f, g] = s;
  v(a, b, c, d, e, f, g);
}
template <class V> void fields(V& v, Is<PlanIdentity> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
template <class V> void fields(V& v, Is<PlanQuestion> auto& s) {
  auto& [a, b, c, d, e] = s;
  v(a, b, c, d, e);
}
template <class V> void fields(V& v, Is<PlanDescriptors> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l);
}
template <class V> void fields(V& v, Is<ExecStreams> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
template <class V> void fields(V& v, Is<ExecLogging> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j] = s;
  v(a, b, c, d, e, f, g, h, i, j);
}
template <class V> void fields(V& v, Is<ExecScheduling> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
template <class V> void fields(V& v, Is<ExecPrivileges> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t);
}
template <class V> void fields(V& v, Is<PlanSystemCalls> auto& s) {
  auto& [a, b, c, d, e, f] = s;
  v(a, b, c, d, e, f);
}
template <class V> void fields(V& v, Is<PlanDirectory> auto& s) {
  auto& [a, b, c, d] = s;
  v(a, b, c, d);
}
template <class V> void fields(V& v, Is<PlanDirectories> auto& s) {
  auto& [a, b, c, d] = s;
  v(a, b, c, d);
}
template <class V> void fields(V& v, Is<PlanCredentials> auto& s) {
  auto& [a, b, c, d, e] = s;
  v(a, b, c, d, e);
}
template <class V> void fields(V& v, Is<CredentialFolders> auto& s) {
  auto& [a, b] = s;
  v(a, b);
}
template <class V> void fields(V& v, Is<CredentialData> auto& s) {
  auto& [a, b, c] = s;
  v(a, b, c);
}
template <class V> void fields(V& v, Is<CredentialSource> auto& s) {
  auto& [a, b, c] = s;
  v(a, b, c);
}
template <class V> void fields(V& v, Is<PlanNamespaces> auto& s) {
  auto& [a, b, c, d, e, f] = s;
  v(a, b, c, d, e, f);
}
template <class V> void fields(V& v, Is<PlannedMount> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k] = s;
  v(a, b, c, d, e, f, g, h, i, j, k);
}
template <class V> void fields(V& v, Is<ImageOption> auto& s) {
  auto& [a, b] = s;
  v(a, b);
}
template <class V> void fields(V& v, Is<ImageMount> auto& s) {
  auto& [a, b, c, d] = s;
  v(a, b, c, d);
}
template <class V> void fields(V& v, Is<MountablePath> auto& s) {
  auto& [a, b, c] = s;
  v(a, b, c);
}
template <class V> void fields(V& v, Is<MountPlan> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
template <class V> void fields(V& v, Is<VeritySettings> auto& s) {
  auto& [a, b, c, d, e] = s;
  v(a, b, c, d, e);
}
template <class V> void fields(V& v, Is<ResourceLimit> auto& s) {
  auto& [a, b] = s;
  v(a, b);
}
template <class V> void fields(V& v, Is<SecurityLabel> auto& s) {
  auto& [a, b] = s;
  v(a, b);
}
template <class V, class S>
  requires(Is<S, SystemCallSet> || Is<S, NameFilter> || Is<S, FamilyFilter>)
void fields(V& v, S& s) {
  auto& [a, b] = s;
  v(a, b);
}
template <class V> void fields(V&, Is<NoExtra> auto&) {}
template <class V> void fields(V& v, Is<SpawnPlan> auto& s) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = s;
  v(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}

constexpr std::string_view magic = "incipit-plan";

// --- Writing ------------------------------------------------------------------------------------------------------
class Writer {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  void number(std::uint64_t value) {  // seven bits a byte: most numbers are small
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7U;
    }
    out_.push_back(static_cast<char>(value));
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  template <class T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
  void put(const T& value) {
    number(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
  }
  void put(const std::string& text) {
    number(text.size());
    raw(text);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    number(list.size());
    for (const T& element : list) put(element);
  }
  template <class T, std::size_t n>
  void put(const std::array<T, n>& list) {
    for (const T& element : list) put(element);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class K, class T>
  void put(const std::map<K, T>& map) {
    number(map.size());
    for (const auto& [key, value] : map) {
      put(key);
      put(value);
    }
  }
  template <class T>
    requires std::is_class_v<T>
  void put(const T& value) {
    if constexpr (std::same_as<T, Duration>)
      number(value.usec());
    else
      fields(*this, value);
  }
  std::string out_;
};

// --- Reading ------------------------------------------------------------------------------------------------------
class Reader {
 public:
  explicit Reader(std::string_view in) : rest_(in) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    failed_ = true;
    return 0;
  }

 private:
  /// Number of elements that follow; each takes at least a byte.
  std::size_t count() {
    const std::uint64_t n = number();
    if (n > rest_.size()) {
      failed_ = true;
      return 0;
    }
    return static_cast<std::size_t>(n);
  }
  template <class T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
  void get(T& value) {
    const std::uint64_t n = number();
    value = static_cast<T>(n);
    if (static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) != n) failed_ = true;
  }
  void get(std::string& text) {
    const std::size_t size = count();
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  template <class T>
  void get(std::vector<T>& list) {
    const std::size_t size = count();
    for (std::size_t i = 0; i < size && !failed_; ++i) get(list.emplace_back());
  }
  template <class T, std::size_t n>
  void get(std::array<T, n>& list) {
    for (T& element : list) get(element);
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool has = false;
    get(has);
    if (has) get(value.emplace());
  }
  template <class K, class T>
  void get(std::map<K, T>& map) {
    const std::size_t size = count();
    for (std::size_t i = 0; i < size && !failed_; ++i) {
      K key{};
      get(key);
      get(map[std::move(key)]);
    }
  }
  template <class T>
    requires std::is_class_v<T>
  void get(T& value) {
    if constexpr (std::same_as<T, Duration>)
      value = Duration::from_usec(number());
    else
      fields(*this, value);
  }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string encode_plan(const SpawnPlan& plan) {
  Writer writer;
  writer.raw(magic);
  writer.number(SpawnPlan::current_version);
  fields(writer, plan);
  return writer.take();
}

Result<SpawnPlan> decode_plan(std::string_view bytes) {
  if (bytes.size() > spawn_plan_bytes_max) return fail(ErrorCode::too_big, "The plan is too big");
  if (bytes.substr(0, magic.size()) != magic) return fail(ErrorCode::protocol, "This is not a plan");
  Reader reader(bytes.substr(magic.size()));
  if (reader.number() != SpawnPlan::current_version)
    return fail(ErrorCode::protocol, "The plan is of another version of incipit");
  SpawnPlan plan;
  fields(reader, plan);
  if (reader.failed() || !reader.at_end()) return fail(ErrorCode::protocol, "The plan is damaged");
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (static_cast<std::size_t>(plan.steps[i]) >= exec_steps.size() || (i > 0 && plan.steps[i] <= plan.steps[i - 1]))
      return fail(ErrorCode::protocol, "The plan's steps are out of order");
  }
  return plan;
}

}  // namespace init
