#include "journal/query/unopened_files.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace journal {

void UnopenedFiles::add(const std::string& path, std::size_t rank, const Id128& seqnum_id, std::uint64_t first_seqnum) {
  const std::string_view chain = std::string_view(path).substr(0, path.rfind('@'));
  auto found = std::find(chains_.rbegin(), chains_.rend(), chain);
  if (found == chains_.rend()) {
    chains_.emplace_back(chain);
    found = chains_.rbegin();
  }
  files_.push_back({static_cast<std::uint32_t>(paths_.size()), static_cast<std::uint32_t>(chains_.rend() - found) - 1, rank, seqnum_id,
                    first_seqnum});
  paths_.push_back(path);
}

bool UnopenedFiles::all_of_source(const Id128& seqnum_id) const {
  return std::all_of(files_.begin(), files_.end(), [&](const UnopenedFile& file) { return file.seqnum_id == seqnum_id; });
}

void UnopenedFiles::sort() {
  std::sort(files_.begin(), files_.end(), [](const UnopenedFile& a, const UnopenedFile& b) {
    return std::tie(a.chain, a.first_seqnum, a.rank) < std::tie(b.chain, b.first_seqnum, b.rank);
  });
  const auto is_same = [this](const UnopenedFile& a, const UnopenedFile& b) {
    return a.chain == b.chain && a.first_seqnum == b.first_seqnum && path(a) == path(b);
  };
  files_.erase(std::unique(files_.begin(), files_.end(), is_same), files_.end());
}

std::size_t UnopenedFiles::nearest(Direction direction, std::uint64_t from) const {
  std::size_t found = none;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const UnopenedFile& file = files_[i];
    if (direction == Direction::down ? file.first_seqnum <= from : file.first_seqnum >= from) continue;
    const bool is_nearer = found == none || (direction == Direction::down ? file.first_seqnum < files_[found].first_seqnum
                                                                         : file.end_seqnum > files_[found].end_seqnum);
    if (is_nearer) found = i;
  }
  return found;
}

UnopenedFile UnopenedFiles::take(std::size_t i) {
  UnopenedFile file = std::move(files_[i]);
  files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
  return file;
}

}  // namespace journal
