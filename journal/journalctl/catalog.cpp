#include "journal/journalctl/catalog.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "journal/text/id128.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::array<char, 8> catalog_signature{'R', 'H', 'H', 'H', 'K', 'S', 'L', 'P'};

struct CatalogHeader {
  std::array<char, 8> signature;
  std::uint32_t compatible_flags, incompatible_flags;
  std::uint64_t header_size, n_items, item_size;
};
static_assert(sizeof(CatalogHeader) == 40);

struct CatalogItem {
  Id128 id;
  std::array<char, 32> language;
  std::uint64_t offset;  ///< of the text, behind all items
};
static_assert(sizeof(CatalogItem) == 56);

std::string_view environment_language() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st = {};
  if (!fd || ::fstat(fd.get(), &st) < 0) return fail_errno(errno, path);
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size < sizeof(CatalogHeader)) return fail(ErrorCode::protocol, path + ": not a catalog");
  void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (base == MAP_FAILED) return fail_errno(errno, path);
  std::unique_ptr<Catalog> catalog(new Catalog);
  catalog->base_ = static_cast<const char*>(base);
  catalog->size_ = size;
  CatalogHeader header;
  std::memcpy(&header, catalog->base_, sizeof header);
  catalog->header_size_ = header.header_size;
  catalog->item_size_ = header.item_size;
  catalog->items_ = header.n_items;
  if (header.signature != catalog_signature || header.incompatible_flags != 0 || header.header_size < sizeof header ||
      header.header_size > size || header.item_size < sizeof(CatalogItem) ||
      header.n_items > (size - header.header_size) / header.item_size)
    return fail(ErrorCode::protocol, path + ": not a catalog");
  return catalog;
}

Catalog::~Catalog() {
  if (base_ != nullptr) ::munmap(const_cast<char*>(base_), size_);
}

std::string_view Catalog::find(const Id128& id) const {
  const auto item_at = [this](std::uint64_t i) {
    CatalogItem item;
    std::memcpy(&item, base_ + header_size_ + i * item_size_, sizeof item);
    return item;
  };
  std::uint64_t low = 0;
  std::uint64_t high = items_;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (item_at(middle).id < id) low = middle + 1;
    else high = middle;
  }
  const std::string_view language = environment_language();
  std::string_view best;
  std::size_t best_length = 0;
  bool found = false;
  for (; low < items_; ++low) {
    const CatalogItem item = item_at(low);
    if (item.id != id) break;
    const std::string_view item_language(item.language.data(), ::strnlen(item.language.data(), item.language.size()));
    if (!language.starts_with(item_language) || (found && item_language.size() < best_length)) continue;
    const std::uint64_t place = header_size_ + items_ * item_size_ + item.offset;
    if (item.offset > size_ || place >= size_) continue;
    best = {base_ + place, ::strnlen(base_ + place, size_ - place)};
    best_length = item_language.size();
    found = true;
  }
  return best;
}

std::string Catalog::explain(const Id128& id, const std::vector<std::string>& fields) const {
  std::string_view text = find(id);
  std::string explained;
  const auto is_name = [](std::string_view name) {
    return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
  };
  for (std::size_t open = text.find('@'); open != std::string_view::npos; open = text.find('@')) {
    const std::size_t close = std::min(text.find('@', open + 1), text.size());
    const std::string_view name = text.substr(open + 1, close - open - 1);
    explained.append(text.substr(0, open));
    if (close == text.size() || !is_name(name)) {
      explained += '@';
      text.remove_prefix(open + 1);
      continue;
    }
    const auto value = std::find_if(fields.begin(), fields.end(), [&](const std::string& field) {
      return field.size() > name.size() && field[name.size()] == '=' && field.starts_with(name);
    });
    // COMPAT: a field that the entry does not have is shown by its bare name.
    if (value != fields.end()) explained.append(*value, name.size() + 1);
    else explained.append(name);
    text.remove_prefix(close + 1);
  }
  return explained.append(text);
}

std::vector<Id128> Catalog::ids() const {
  std::vector<Id128> all;
  for (std::uint64_t i = 0; i < items_; ++i) {
    CatalogItem item;
    std::memcpy(&item, base_ + header_size_ + i * item_size_, sizeof item);
    if (all.empty() || all.back() != item.id) all.push_back(item.id);
  }
  return all;
}

std::string_view catalog_header(std::string_view text, std::string_view name) {
  for (const std::string_view line : unitparser::split_at(text, '\n')) {
    if (line.empty()) break;
    if (line.size() > name.size() + 1 && line.starts_with(name) && line[name.size()] == ':')
      return unitparser::trim(line.substr(name.size() + 1));
  }
  return {};
}

void parse_catalog_source(std::string_view source, std::string_view file_language, std::vector<CatalogText>& texts) {
  CatalogText* current = nullptr;
  bool after_empty = true;
  for (const std::string_view line : unitparser::split_at(source, '\n')) {
    if (!line.empty() && line[0] == '#') continue;
    if (after_empty && line.starts_with("-- ") && line.size() >= 35 && (line.size() == 35 || line[35] == ' ')) {
      if (const auto id = parse_id(line.substr(3, 32))) {
        const std::string_view language = line.size() > 36 ? unitparser::trim(line.substr(36)) : file_language;
        current = &texts.emplace_back(CatalogText{*id, std::string(language), {}});
        after_empty = false;
        continue;
      }
    }
    after_empty = line.empty();
    if (current != nullptr) current->text.append(line).append("\n");
  }
  for (CatalogText& text : texts)
    while (text.text.ends_with("\n\n")) text.text.pop_back();
}

Result<void> write_catalog(const std::string& path, std::vector<CatalogText> texts) {
  std::map<std::pair<Id128, std::string>, std::string> sorted;
  for (CatalogText& text : texts) sorted[{text.id, text.language.substr(0, 31)}] = std::move(text.text);
  CatalogHeader header = {};
  header.signature = catalog_signature;
  header.header_size = sizeof header;
  header.n_items = sorted.size();
  header.item_size = sizeof(CatalogItem);
  std::string items, strings;
  strings.push_back('\0');
  for (const auto& [key, text] : sorted) {
    CatalogItem item = {};
    item.id = key.first;
    std::memcpy(item.language.data(), key.second.data(), key.second.size());
    item.offset = strings.size();
    items.append(reinterpret_cast<const char*>(&item), sizeof item);
    strings.append(text).push_back('\0');
  }
  const std::string temporary = path + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, temporary);
  const std::string whole = std::string(reinterpret_cast<const char*>(&header), sizeof header) + items + strings;
  if (::write(fd.get(), whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()) ||
      ::rename(temporary.c_str(), path.c_str()) < 0)
    return fail_errno(errno, path);
  return {};
}

}  // namespace journal
