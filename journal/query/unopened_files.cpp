#include "journal/query/unopened_files.h"

#include <algorithm>
#include <tuple>

namespace journal {

void UnopenedFiles::add(std::string_view path, std::uint32_t rank, const Id128& seqnum_id, std::uint64_t first_seqnum) {
  const std::string_view chain = path.substr(0, path.rfind('@'));
  const std::string_view name = path.substr(chain.size());
  auto found = std::find(chains_.rbegin(), chains_.rend(), chain);
  if (found == chains_.rend()) {
    chains_.emplace_back(chain);
    found = chains_.rbegin();
  }
  if (names_.empty()) seqnum_id_ = seqnum_id;
  else if (seqnum_id != seqnum_id_) seqnum_id_ = {};
  files_.push_back({static_cast<std::uint32_t>(names_.size()), static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(chains_.rend() - found) - 1, rank, first_seqnum});
  names_ += name;
}

void UnopenedFiles::sort() {
  std::sort(files_.begin(), files_.end(), [](const UnopenedFile& a, const UnopenedFile& b) {
    return std::tie(a.chain, a.first_seqnum, a.rank) < std::tie(b.chain, b.first_seqnum, b.rank);
  });
  const auto is_same = [this](const UnopenedFile& a, const UnopenedFile& b) {
    return a.chain == b.chain && a.first_seqnum == b.first_seqnum && name(a) == name(b);
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
  const UnopenedFile file = files_[i];
  files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
  return file;
}

}  // namespace journal
