// The fuzzer's targets on its corpus (tests/data/fuzz/journal/TARGET/) and on changed copies of it, from a fixed seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/journal_targets.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

class Replay : public ::testing::TestWithParam<fuzz::Target> {};

TEST_P(Replay, CorpusAndWhatIsNearIt) {
  std::vector<std::string> corpus;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/fuzz/journal/" + GetParam().name))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) corpus.push_back(read_file(path.string()));
  if (std::string(GetParam().name) == "file") {
    for (const char* sample : {"n1default", "n2nocompact", "n4legacy"}) {
      const std::string bytes = read_sample(std::string(sample) + ".journal.zst");
      Header header;
      std::memcpy(&header, bytes.data(), sizeof header);
      corpus.push_back(bytes.substr(0, header.tail_object_offset + 4096));
    }
  }
  ASSERT_FALSE(corpus.empty());
  for (const std::string& bytes : corpus) GetParam().run(bytes);
  std::mt19937_64 random(43);
  const std::string name = GetParam().name;
  const int rounds = name == "file" ? 100 : name == "packed" ? 500 : 4000;
  for (int round = 0; round < rounds; ++round) {
    std::string bytes = corpus[random() % corpus.size()];
    for (std::uint64_t n = 1 + random() % 6; n > 0 && !bytes.empty(); --n) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0: bytes[at] = static_cast<char>(random()); break;
        case 1: bytes.erase(at, 1 + random() % 8); break;
        case 2: bytes.insert(at, 1 + random() % 8, static_cast<char>(random())); break;
        default: bytes.insert(at, bytes.substr(random() % bytes.size(), 1 + random() % 16)); break;
      }
    }
    GetParam().run(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, ::testing::ValuesIn(fuzz::targets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace journal::test
