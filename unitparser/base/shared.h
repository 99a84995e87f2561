// Shared<T>: a value that many owners share until one of them writes (copy on write). [pure]
#pragma once

#include <cstdint>
#include <utility>

namespace unitparser {

/// A value of T, eight bytes wide. Default-constructed ones share one default T and allocate nothing; copies share;
/// `write()` first takes a private copy. Not for use by several threads at once (the count is not atomic).
template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(const Shared& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) ++node_->owners;
  }
  Shared(Shared&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  explicit Shared(T value) : node_(new Node{std::move(value), 1}) {}
  /// The same, but one that equals the default is that.
  [[nodiscard]] static Shared unless_default(T value) { return value == default_value() ? Shared() : Shared(std::move(value)); }
  ~Shared() {
    if (node_ != nullptr && --node_->owners == 0) delete node_;
  }

  [[nodiscard]] const T& read() const { return node_ != nullptr ? node_->value : default_value(); }
  const T& operator*() const { return read(); }
  const T* operator->() const { return &read(); }

  /// The value for writing; private to this owner from here on.
  [[nodiscard]] T& write() {
    if (node_ == nullptr) {
      node_ = new Node{T{}, 1};
    } else if (node_->owners > 1) {
      Node* own = new Node{node_->value, 1};
      --node_->owners;
      node_ = own;
    }
    return node_->value;
  }

  [[nodiscard]] static const T& default_value() {
    static const T value{};
    return value;
  }
  /// Surely equal to a default T: nobody wrote to it.
  [[nodiscard]] bool is_default() const noexcept { return node_ == nullptr; }
  /// Same storage (a cheap "surely equal").
  [[nodiscard]] bool same_as(const Shared& other) const noexcept { return node_ == other.node_; }
  friend bool operator==(const Shared& a, const Shared& b) { return a.same_as(b) || a.read() == b.read(); }

 private:
  struct Node {
    T value;
    std::uint32_t owners;
  };
  Node* node_ = nullptr;
};

}  // namespace unitparser
