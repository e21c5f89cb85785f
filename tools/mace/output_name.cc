#include "tools/mace/output_name.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "mace/base/coding.h"
#include "mace/base/hash.h"
#include "mace/base/printable.h"

namespace mace {
namespace {

// File systems allow 255 bytes. The rest is for ".npy", a mark, a number, and the additions to the
// name of a temporary file.
constexpr size_t kLongestStem = 160;
constexpr char kExtension[] = ".npy";

void AppendAsHex(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    char text[4];
    std::snprintf(text, sizeof(text), "%%%02X", static_cast<unsigned char>(c));
    *out += text;
  }
}

// The name without characters that a file name cannot hold or a terminal should not print. A longer
// name is cut shortly after kLongestStem bytes.
std::string StemOf(std::string_view name) {
  std::string stem;
  while (!name.empty() && stem.size() <= kLongestStem) {
    const size_t bytes = std::max<size_t>(DecodeUtf8(name).bytes, 1);
    const std::string_view character = name.substr(0, bytes);
    if (character == "/" || character == ":") {
      stem += '_';
    } else if (EscapeControls(character) != character) {
      AppendAsHex(character, &stem);
    } else {
      stem.append(character);
    }
    name.remove_prefix(bytes);
  }
  return stem;
}

// The stem with a mark that makes the name unique.
std::string MarkedStem(const std::string& name, const std::string& stem) {
  constexpr size_t kMarkBytes = 8;
  const Sha256Digest digest = Sha256(AsBytes(name));
  size_t end = std::min(stem.size(), kLongestStem);
  while (end > 0 && end < stem.size() && (static_cast<unsigned char>(stem[end]) & 0xC0) == 0x80) {
    --end;
  }
  return stem.substr(0, end) + "-" + ToHex(Bytes(digest.data(), kMarkBytes));
}

}  // namespace

std::vector<std::string> OutputFileNames(const std::vector<std::string>& names) {
  std::vector<std::string> stems;
  std::map<std::string, size_t> wanted;  // Names per stem.
  for (const std::string& name : names) {
    stems.push_back(StemOf(name));
    ++wanted[stems.back()];
  }
  std::set<std::string> taken;
  std::vector<std::string> files(names.size());
  // A name that equals its stem keeps it; others with this stem are marked.
  for (size_t i = 0; i < names.size(); ++i) {
    if (stems[i] != names[i] || stems[i].size() > kLongestStem) continue;
    if (taken.insert(stems[i] + kExtension).second) files[i] = stems[i] + kExtension;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (!files[i].empty()) continue;
    const bool plain = stems[i].size() <= kLongestStem && wanted[stems[i]] == 1;
    const std::string stem = plain ? stems[i] : MarkedStem(names[i], stems[i]);
    files[i] = stem + kExtension;
    for (size_t number = 2; !taken.insert(files[i]).second; ++number) {
      files[i] = stem + "-" + std::to_string(number) + kExtension;
    }
  }
  return files;
}

}  // namespace mace
