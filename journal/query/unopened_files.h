// Archived files that a journal has not opened: what their names and their neighbours' say about the entries in them. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/reader.h"

namespace journal {

/// One such file. Its name says where it begins; it ends where the next one of its chain begins: of the same stem in the same
/// folder.
struct UnopenedFile {
  std::uint32_t name = 0, name_size = 0;  ///< UnopenedFiles::path()
  std::uint32_t chain = 0;
  std::uint32_t rank = 0;  ///< place among the files of the journal, in the order they were named
  std::uint64_t first_seqnum = 0;
  std::uint64_t end_seqnum = UINT64_MAX;  ///< its entries' numbers are below
};

class UnopenedFiles {
 public:
  void add(std::string_view path, std::uint32_t rank, const Id128& seqnum_id, std::uint64_t first_seqnum);
  [[nodiscard]] bool is_empty() const { return files_.empty(); }
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  /// The one source of the sequence numbers of all that were added; null: there are several.
  [[nodiscard]] const Id128& seqnum_id() const { return seqnum_id_; }

  /// Sets where each ends; the last of a chain at the first number of the file that is being written, as
  /// `first_of_active("FOLDER/STEM")` says: UINT64_MAX when that is not known.
  template <class FirstOfActive>
  void find_ends(FirstOfActive first_of_active) {
    sort();
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const bool has_next = i + 1 < files_.size() && files_[i + 1].chain == files_[i].chain;
      files_[i].end_seqnum = has_next ? files_[i + 1].first_seqnum : first_of_active(std::string_view(chains_[files_[i].chain]));
    }
  }

  static constexpr std::size_t none = SIZE_MAX;
  /// The file whose entries come first in this direction, of those with entries beyond the number `from`; none: there is none.
  [[nodiscard]] std::size_t nearest(Direction direction, std::uint64_t from) const;
  [[nodiscard]] const UnopenedFile& at(std::size_t i) const { return files_[i]; }
  [[nodiscard]] std::string path(const UnopenedFile& file) const { return chains_[file.chain] + std::string(name(file)); }
  UnopenedFile take(std::size_t i);

 private:
  /// By chain, then by number; what was added twice is there once then.
  void sort();
  /// What follows the stem.
  [[nodiscard]] std::string_view name(const UnopenedFile& file) const { return std::string_view(names_).substr(file.name, file.name_size); }

  std::vector<UnopenedFile> files_;
  std::vector<std::string> chains_;  ///< "FOLDER/STEM"
  std::string names_;                ///< one after the other: there may be thousands
  Id128 seqnum_id_;
};

}  // namespace journal
