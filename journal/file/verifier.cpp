#include "journal/file/verifier.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "journal/file/seal.h"
#include "journal/format/compression.h"
#include "journal/format/hash.h"

namespace journal {
namespace {

template <class... Args>
std::string text_of(const char* format, Args... args) {
  char buffer[160];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

/// One pass over the objects, then one over the chains. The first fault ends the check.
class Verifier {
 public:
  Verifier(const JournalFile& file, const SealCheck* seals)
      : view_(file.view()), header_(file.header()), seals_(is_sealed(header_) ? seals : nullptr) {}

  VerifyReport run() {
    VerifyReport report;
    report.size = header_.header_size + header_.arena_size;
    report.passed = check_objects() && leave_objects() && check_counts() && check_entry_chain() && check_data_table() && check_fields();
    report.fault = fault_;
    report.first_realtime = entries_.empty() ? 0 : header_.head_entry_realtime;
    report.last_realtime = last_realtime_;
    report.sealed_realtime = sealed_realtime_;
    return report;
  }

 private:
  bool fault(std::uint64_t offset, std::string text) {
    fault_ = {offset, std::move(text), in_objects_};
    return false;
  }

  bool check_objects();
  bool leave_objects() {
    in_objects_ = false;
    return true;
  }
  bool check_counts();
  bool check_tag(std::uint64_t offset);
  bool check_code(const TagObject& tag, std::uint64_t offset);
  bool check_data(std::uint64_t offset);
  bool check_entry(std::uint64_t offset);
  bool check_entry_chain();
  bool check_data_table();
  bool check_data_links(std::uint64_t offset);
  bool check_fields();
  bool is_entry(std::uint64_t offset) const { return std::binary_search(entries_.begin(), entries_.end(), offset); }
  bool is_data(std::uint64_t offset) const { return std::binary_search(data_.begin(), data_.end(), offset); }
  bool is_array(std::uint64_t offset) const { return std::binary_search(arrays_.begin(), arrays_.end(), offset); }

  const FileView& view_;
  const Header& header_;
  const SealCheck* seals_;  ///< null: not to be checked
  Fault fault_;
  bool in_objects_ = true;
  std::vector<std::uint64_t> data_, entries_, arrays_;
  std::uint64_t fields_ = 0, objects_ = 0, tags_ = 0;
  std::uint64_t last_seqnum_ = 0, last_monotonic_ = 0;
  std::uint64_t last_realtime_ = 0, sealed_realtime_ = 0;
  std::uint64_t last_epoch_ = 0, epoch_begin_ = 0, sealed_end_ = 0;
  Id128 last_boot_;
  std::string expanded_;
};

bool Verifier::check_data(std::uint64_t offset) {
  const DataView data = view_.data(offset);
  if (!data) return fault(offset, "Bad data object");
  const bool first = data.object->entry_offset != 0;
  if (first != (data.object->n_entries != 0)) return fault(offset, "Bad n_entries");
  std::string_view payload = data.payload;
  if (data.flags != 0) {
    const Compression kind = compression_of_flags(data.flags);
    if (kind == Compression::none) return fault(offset, "Object with unknown compression");
    if (!decompress(kind, data.payload, expanded_)) return fault(offset, "Decompression failed");
    payload = expanded_;
  }
  const std::uint64_t hash = view_.hash(payload);
  if (hash != data.object->hash)
    return fault(offset, text_of("Invalid hash (%08" PRIx64 " vs. %08" PRIx64 ")", data.object->hash, hash));
  data_.push_back(offset);
  return true;
}

bool Verifier::check_entry(std::uint64_t offset) {
  const EntryView entry = view_.entry(offset);
  if (!entry) return fault(offset, "Bad entry object");
  if (entry.object->seqnum == 0) return fault(offset, "Invalid entry seqnum: 0");
  if (entry.object->realtime == 0 || entry.object->realtime >= (1ULL << 55))
    return fault(offset, text_of("Invalid entry realtime timestamp: %" PRIu64, entry.object->realtime));
  if (entry.object->seqnum <= last_seqnum_)
    return fault(offset, text_of("Entry sequence number out of synchronization (%" PRIu64 " <= %" PRIu64 ")",
                                 entry.object->seqnum, last_seqnum_));
  if (!entries_.empty() && entry.object->boot_id == last_boot_ && entry.object->monotonic < last_monotonic_)
    return fault(offset, "Entry timestamp out of synchronization");
  if (entries_.empty() && entry.object->realtime != header_.head_entry_realtime)
    return fault(offset, "Head entry realtime timestamp incorrect");
  if (is_sealed(header_) && tags_ == 0) return fault(offset, "First entry before first tag");
  if (entry.object->realtime < epoch_begin_)
    return fault(offset, text_of("Older entry after newer tag (%" PRIu64 " < %" PRIu64 ")", entry.object->realtime, epoch_begin_));
  for (std::uint64_t i = 0; i < entry.n_items; ++i)
    if (entry.item(i) == 0 || entry.item(i) % 8 != 0 || entry.item(i) >= offset)
      return fault(offset, text_of("Invalid entry item (%" PRIu64 "/%" PRIu64 ")", i, entry.n_items));
  last_seqnum_ = entry.object->seqnum;
  last_monotonic_ = entry.object->monotonic;
  last_realtime_ = entry.object->realtime;
  last_boot_ = entry.object->boot_id;
  entries_.push_back(offset);
  return true;
}

/// Whether the code in a tag is that of everything between the tag before and this one.
bool Verifier::check_code(const TagObject& tag, std::uint64_t offset) {
  const SealState state = seals_->source.at(tag.epoch);
  SealRun run(tag.epoch, state.key());
  if (sealed_end_ == 0) run.cover_header(header_);
  const std::uint64_t begin = sealed_end_ == 0 ? header_.header_size : sealed_end_;
  const std::uint64_t end = offset + sizeof(TagObject);
  run.cover(view_, begin, end);
  sealed_end_ = end;
  const SealCode code = run.finish();
  return (code == tag.tag && code != SealCode{}) || fault(offset, "Tag failed verification");
}

bool Verifier::check_tag(std::uint64_t offset) {
  if (!is_sealed(header_)) return fault(offset, "Tag object in file without sealing");
  const auto* tag = view_.bytes_at<TagObject>(offset);
  if (tag == nullptr || tag->object.size != sizeof(TagObject)) return fault(offset, "Bad tag object");
  if (tag->seqnum != tags_ + 1)
    return fault(offset, text_of("Tag sequence number out of synchronization (%" PRIu64 " != %" PRIu64 ")", tag->seqnum, tags_ + 1));
  if (tags_ > 0 && tag->epoch < last_epoch_)
    return fault(offset, text_of("Epoch sequence out of synchronization (%" PRIu64 " < %" PRIu64 ")", tag->epoch, last_epoch_));
  if (seals_ != nullptr) {
    const VerificationKey& key = seals_->key;
    if (tag->epoch >= (UINT64_MAX - key.start) / key.interval) return fault(offset, "Bad tag object");
    epoch_begin_ = key.start + tag->epoch * key.interval;
    if (!entries_.empty() && last_realtime_ >= epoch_begin_ + key.interval)
      return fault(offset, text_of("tag/entry realtime timestamp out of synchronization (%" PRIu64 " >= %" PRIu64 ")", last_realtime_,
                                   epoch_begin_ + key.interval));
    if (!check_code(*tag, offset)) return false;
    sealed_realtime_ = last_realtime_;
  }
  last_epoch_ = tag->epoch;
  ++tags_;
  return true;
}

bool Verifier::check_objects() {
  const std::uint64_t tail = header_.tail_object_offset;
  std::uint64_t offset = header_.header_size;
  for (;;) {
    std::uint64_t size = 0;
    const ObjectHeader* object = view_.object(offset, ObjectType::unused, size);
    if (object == nullptr || offset > tail) return fault(offset, "Invalid object");
    ++objects_;
    switch (static_cast<ObjectType>(object->type)) {
      case ObjectType::data:
        if (!check_data(offset)) return false;
        break;
      case ObjectType::entry:
        if (!check_entry(offset)) return false;
        break;
      case ObjectType::field: ++fields_; break;
      case ObjectType::entry_array: arrays_.push_back(offset); break;
      case ObjectType::tag:
        if (!check_tag(offset)) return false;
        break;
      default: break;
    }
    if (offset == tail) return true;
    offset += align8(size);
  }
}

bool Verifier::check_counts() {
  const auto differs = [&](std::uint64_t a, std::uint64_t b, const char* what) {
    return a != b && !fault(0, text_of("%s number mismatch (%" PRIu64 " != %" PRIu64 ")", what, a, b));
  };
  if (differs(objects_, header_.n_objects, "Object") || differs(entries_.size(), header_.n_entries, "Entry") ||
      differs(data_.size(), header_.n_data, "Data") || differs(fields_, header_.n_fields, "Field"))
    return false;
  if (header_has(header_.header_size, offsetof(Header, n_entry_arrays), sizeof(header_.n_entry_arrays)) &&
      differs(arrays_.size(), header_.n_entry_arrays, "Entry array"))
    return false;
  if (header_has(header_.header_size, offsetof(Header, n_tags), sizeof(header_.n_tags)) && differs(tags_, header_.n_tags, "Tag"))
    return false;
  if (last_seqnum_ != header_.tail_entry_seqnum) return fault(0, "Invalid tail seqnum");
  return true;
}

bool Verifier::check_entry_chain() {
  std::uint64_t array = header_.entry_array_offset;
  std::uint64_t i = 0;
  std::uint64_t last = 0;
  while (i < header_.n_entries) {
    if (!is_array(array)) return fault(array, text_of("Entry array chain broken at %" PRIu64, i));
    const EntryArrayView view = view_.entry_array(array);
    if (!view) return fault(array, "Bad entry array");
    for (std::uint64_t j = 0; j < view.capacity && i < header_.n_entries; ++j, ++i) {
      const std::uint64_t entry = view.item(j);
      if (entry <= last || !is_entry(entry)) return fault(array, "Entry array not sorted or not of entries");
      last = entry;
      const EntryView items = view_.entry(entry);
      for (std::uint64_t k = 0; k < items.n_items; ++k)
        if (!is_data(items.item(k))) return fault(entry, "Invalid data object at entry");
    }
    const std::uint64_t next = view.object->next_entry_array_offset;
    if (next != 0 && next <= array) return fault(array, "Array chain has cycle");
    array = next;
  }
  return true;
}

bool Verifier::check_data_links(std::uint64_t offset) {
  const DataView data = view_.data(offset);
  std::uint64_t last = data.object->entry_offset;
  if (data.object->n_entries == 0) return true;
  if (!is_entry(last)) return fault(offset, "Data object references invalid entry");
  std::uint64_t array = data.object->entry_array_offset;
  std::uint64_t i = 1;
  while (i < data.object->n_entries) {
    if (!is_array(array)) return fault(offset, "Array chain too short");
    const EntryArrayView view = view_.entry_array(array);
    if (!view) return fault(array, "Bad entry array");
    for (std::uint64_t j = 0; j < view.capacity && i < data.object->n_entries; ++j, ++i) {
      const std::uint64_t entry = view.item(j);
      if (entry <= last || !is_entry(entry)) return fault(offset, "Data object's entry array not sorted");
      last = entry;
    }
    const std::uint64_t next = view.object->next_entry_array_offset;
    if (next != 0 && next <= array) return fault(array, "Array chain has cycle");
    array = next;
  }
  return true;
}

bool Verifier::check_data_table() {
  const auto table = view_.data_hash_table();
  if (table.empty() && header_.n_data > 0) return fault(header_.data_hash_table_offset, "Bad data hash table");
  std::uint64_t linked = 0;
  for (std::size_t bucket = 0; bucket < table.size(); ++bucket) {
    std::uint64_t last = 0;
    for (std::uint64_t offset = table[bucket].head_hash_offset; offset != 0;) {
      if (!is_data(offset)) return fault(offset, "Invalid data object in hash table");
      const DataView data = view_.data(offset);
      if (data.object->hash % table.size() != bucket) return fault(offset, "Hash value mismatch in hash entry");
      if (!check_data_links(offset)) return false;
      ++linked;
      last = offset;
      const std::uint64_t next = data.object->next_hash_offset;
      if (next != 0 && next <= offset) return fault(offset, "Hash chain has a cycle");
      offset = next;
    }
    if (last != table[bucket].tail_hash_offset) return fault(last, "Tail hash pointer mismatch in hash table");
  }
  if (linked != data_.size()) return fault(0, "Data object not in hash table");
  return true;
}

bool Verifier::check_fields() {
  const auto table = view_.field_hash_table();
  std::uint64_t linked = 0;
  for (std::size_t bucket = 0; bucket < table.size(); ++bucket) {
    for (std::uint64_t offset = table[bucket].head_hash_offset; offset != 0;) {
      std::string_view name;
      const FieldObject* field = view_.field(offset, name);
      if (field == nullptr) return fault(offset, "Invalid field object in hash table");
      if (field->hash != view_.hash(name)) return fault(offset, "Invalid hash of a field");
      for (std::uint64_t data = field->head_data_offset; data != 0;) {
        if (!is_data(data)) return fault(offset, "Field references invalid data object");
        const std::uint64_t next = view_.data(data).object->next_field_offset;
        if (next != 0 && next >= data) return fault(data, "Field's data chain has a cycle");
        data = next;
      }
      ++linked;
      const std::uint64_t next = field->next_hash_offset;
      if (next != 0 && next <= offset) return fault(offset, "Hash chain has a cycle");
      offset = next;
    }
  }
  if (linked != fields_) return fault(0, "Field object not in hash table");
  return true;
}

}  // namespace

VerifyReport verify_file(const JournalFile& file, const SealCheck* seals) { return Verifier(file, seals).run(); }

bool ends_agree(const JournalFile& file) {
  const FileView& view = file.view();
  const Header& header = file.header();
  // Each array is in one list, each datum in one chain. A file that says otherwise would be read without an end.
  std::uint64_t left = view.size() / sizeof(ObjectHeader);
  /// Whether a list of `total` entries ends in `tail_array`, with `tail_count` of its places taken; 0: not said.
  const auto agrees = [&view, &left](std::uint64_t array, std::uint64_t total, std::uint64_t tail_array, std::uint64_t tail_count) {
    if (tail_array == 0) return true;
    for (std::uint64_t before = 0; array != 0;) {
      const EntryArrayView entries = view.entry_array(array);
      if (!entries || left-- == 0) return false;
      const std::uint64_t next = entries.object->next_entry_array_offset;
      if (before + entries.capacity >= total) return array == tail_array && tail_count == total - before && next == 0;
      if (next <= array) return false;
      before += entries.capacity;
      array = next;
    }
    return false;
  };
  if (!agrees(header.entry_array_offset, header.n_entries, header.tail_entry_array_offset, header.tail_entry_array_n_entries))
    return false;
  if (!view.is_compact()) return true;
  for (const HashItem& bucket : view.data_hash_table())
    for (std::uint64_t offset = bucket.head_hash_offset; offset != 0;) {
      const DataView data = view.data(offset);
      if (!data || left-- == 0) return false;
      const auto* tail = reinterpret_cast<const CompactDataTail*>(data.object + 1);
      const std::uint64_t in_arrays = data.object->n_entries == 0 ? 0 : data.object->n_entries - 1;
      if (!agrees(data.object->entry_array_offset, in_arrays, tail->tail_entry_array_offset, tail->tail_entry_array_n_entries))
        return false;
      offset = data.object->next_hash_offset;
    }
  return true;
}

}  // namespace journal
