// Reads the recorded cases under tests/data. [os: reads files]
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace unitparser::testing {

/// All lines of a JSON-lines file under tests/data/unitparser.
inline std::vector<nlohmann::json> json_lines(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA "/unitparser/") + name);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

inline std::string text_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA "/unitparser/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace unitparser::testing
