// The message catalog: explanations of messages by id, from systemd's compiled database. [os: mmap]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format/layout.h"
#include "unitparser/base/result.h"

namespace journal {

/// One text of the catalog.
struct CatalogText {
  Id128 id;
  std::string language;  ///< empty: for all
  std::string text;      ///< header lines ("Subject: …"), an empty line, the explanation
};

/// Reads catalog source files (*.catalog), journalctl(1) --update-catalog. Later texts of the same id and language
/// replace earlier ones.
void parse_catalog_source(std::string_view source, std::string_view file_language, std::vector<CatalogText>& texts);
/// Writes the database (replacing it whole).
[[nodiscard]] unitparser::Result<void> write_catalog(const std::string& path, std::vector<CatalogText> texts);

class Catalog {
 public:
  /// Opens a database. Errors: not_found; protocol when it is not one.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Catalog>> open(const std::string& path);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// The text for the language of the environment, else the one for all; empty when there is none.
  [[nodiscard]] std::string_view find(const Id128& id) const;
  /// The same with @FIELD@ replaced by the entry's values ("FIELD=value" each).
  [[nodiscard]] std::string explain(const Id128& id, const std::vector<std::string>& fields) const;
  /// All ids, in order.
  [[nodiscard]] std::vector<Id128> ids() const;

 private:
  Catalog() = default;
  const char* base_ = nullptr;
  std::size_t size_ = 0;
  std::size_t header_size_ = 0, item_size_ = 0;
  std::uint64_t items_ = 0;
};

/// Value of a header line such as "Subject"; empty when there is none.
[[nodiscard]] std::string_view catalog_header(std::string_view text, std::string_view name);

}  // namespace journal
