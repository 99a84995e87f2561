// ManagerEnvironment: what every process gets: the manager's own variables, and over them those that clients set. [pure]
#pragma once

#include <string>
#include <vector>

namespace init {

/// Lists of "NAME=value". What a client unsets shows again what the manager has of its own.
class ManagerEnvironment {
 public:
  ManagerEnvironment() = default;
  explicit ManagerEnvironment(std::vector<std::string> own) : own_(std::move(own)) {}

  /// Both together; a client's variable stands where the manager's of that name stood, else behind, in order of names.
  [[nodiscard]] std::vector<std::string> all() const;
  [[nodiscard]] const std::vector<std::string>& own() const { return own_; }
  [[nodiscard]] const std::vector<std::string>& of_clients() const { return of_clients_; }
  /// Begins the manager's own anew.
  void reset_own(std::vector<std::string> own) { own_ = std::move(own); }
  /// Into the manager's own: what environment generators say, or what an earlier image handed over.
  void set_own(const std::vector<std::string>& assignments);
  /// Takes away what is named in `unset` ("NAME" or "NAME=value") of what clients set, then adds `set`.
  void change(const std::vector<std::string>& unset, const std::vector<std::string>& set);

 private:
  std::vector<std::string> own_;
  std::vector<std::string> of_clients_;
};

}  // namespace init
