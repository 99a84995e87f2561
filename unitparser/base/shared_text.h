// SharedText: a text that never changes, shared by its copies. [pure]
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace unitparser {

/// Eight bytes wide; the text lies behind its count of owners in one piece of memory, an empty one needs none. For texts that are
/// kept by the ten thousand. Not for use by several threads at once (the count is not atomic).
class SharedText {
 public:
  SharedText() = default;
  explicit SharedText(std::string_view text) {
    if (text.empty()) return;
    node_ = new (::operator new(sizeof(Node) + text.size())) Node{1, static_cast<std::uint32_t>(text.size())};
    std::memcpy(node_ + 1, text.data(), text.size());
  }
  SharedText(const SharedText& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) ++node_->owners;
  }
  SharedText(SharedText&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~SharedText() {
    if (node_ != nullptr && --node_->owners == 0) ::operator delete(node_);
  }

  [[nodiscard]] bool empty() const noexcept { return node_ == nullptr; }
  /// Valid as long as this or a copy lives.
  [[nodiscard]] std::string_view view() const noexcept {
    return node_ == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(node_ + 1), node_->size);
  }
  [[nodiscard]] std::string str() const { return std::string(view()); }
  friend bool operator==(const SharedText& a, const SharedText& b) noexcept { return a.node_ == b.node_ || a.view() == b.view(); }
  friend bool operator==(const SharedText& a, std::string_view b) noexcept { return a.view() == b; }

 private:
  struct Node {
    std::uint32_t owners;
    std::uint32_t size;
  };
  Node* node_ = nullptr;
};

}  // namespace unitparser
