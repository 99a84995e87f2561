#include "journal/daemon/accounts.h"

#include <algorithm>
#include <charconv>

#include "journal/store/directory.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

constexpr std::size_t largest_table = 16 * 1024 * 1024;

}  // namespace

UnitAccount& Accounts::of(std::string_view unit) {
  key_.assign(unit);
  auto found = units_.find(key_);
  if (found == units_.end()) {
    if (units_.size() >= most_units) key_ = "(others)";
    found = units_.try_emplace(key_).first;
    found->second.unit = key_;
  }
  return found->second;
}

void Accounts::drop(std::string_view unit, DropReason reason, std::uint64_t n) {
  UnitAccount& account = of(unit);
  account.dropped[static_cast<std::size_t>(reason)] += n;
  changed_ = true;
  if (reason == DropReason::rate_limit) return;
  account.untold[static_cast<std::size_t>(reason)] += n;
  has_untold_ = true;
}

std::vector<Accounts::Untold> Accounts::take_untold() {
  std::vector<Untold> untold;
  if (!std::exchange(has_untold_, false)) return untold;
  for (auto& [unit, account] : units_)
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
      if (const std::uint64_t n = std::exchange(account.untold[reason], 0); n > 0)
        untold.push_back({unit, static_cast<DropReason>(reason), n});
  return untold;
}

void Accounts::owe(const Untold& untold) {
  of(untold.unit).untold[static_cast<std::size_t>(untold.reason)] += untold.n;
  has_untold_ = true;
}

std::string Accounts::format() const {
  std::vector<const UnitAccount*> sorted;
  for (const auto& [unit, account] : units_) sorted.push_back(&account);
  std::sort(sorted.begin(), sorted.end(), [](const UnitAccount* a, const UnitAccount* b) { return a->unit < b->unit; });
  std::string text = "unit\tentries\tbytes";
  for (const std::string_view name : drop_reason_names) text.append("\t").append(name);
  text += '\n';
  for (const UnitAccount* account : sorted) {
    text.append(account->unit).append("\t").append(std::to_string(account->entries));
    text.append("\t").append(std::to_string(account->bytes));
    for (const std::uint64_t n : account->dropped) text.append("\t").append(std::to_string(n));
    text += '\n';
  }
  return text;
}

std::vector<UnitAccount> parse_accounts(std::string_view text) {
  std::vector<UnitAccount> accounts;
  bool is_heading = true;
  for (const std::string_view line : unitparser::split_at(text, '\n')) {
    if (std::exchange(is_heading, false) || line.empty()) continue;
    const std::vector<std::string_view> columns = unitparser::split_at(line, '\t');
    if (columns.size() != 3 + drop_reason_count) continue;
    UnitAccount account;
    account.unit = columns[0];
    bool good = true;
    const auto read = [&](std::string_view column, std::uint64_t& number) {
      const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
      good = good && error == std::errc{} && end == column.data() + column.size();
    };
    read(columns[1], account.entries);
    read(columns[2], account.bytes);
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason) read(columns[3 + reason], account.dropped[reason]);
    if (good) accounts.push_back(std::move(account));
  }
  return accounts;
}

std::string accounts_path(const std::string& run) { return run + "/accounts"; }

std::vector<UnitAccount> read_accounts(const std::string& run) {
  const auto text = read_small_file(accounts_path(run), largest_table);
  return text ? parse_accounts(*text) : std::vector<UnitAccount>();
}

std::string format_drops(const UnitAccount& account) {
  std::string text;
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
    if (account.dropped[reason] > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(account.dropped[reason]) + " " + std::string(drop_reason_names[reason]);
  return text;
}

}  // namespace journal
