#include "mace/base/printable.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace mace {
namespace {

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

// Code points that no terminal shows but that change what it shows: direction marks, overrides and
// isolates, the line and paragraph separators, the byte order mark, and the invisible tags.
bool IsInvisibleFormat(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

void AppendEscape(const char* format, unsigned value, std::string* out) {
  char text[16];
  std::snprintf(text, sizeof(text), format, value);
  *out += text;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

CodePoint DecodeUtf8(std::string_view text) {
  if (text.empty()) return {};
  const unsigned char first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {1, first};
  const size_t bytes = first < 0xC2   ? 0  // A continuation, or longer than need be.
                       : first < 0xE0 ? 2
                       : first < 0xF0 ? 3
                       : first < 0xF5 ? 4
                                      : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t value = first & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  const bool too_long = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (too_long || surrogate || value > 0x10FFFF) return {};
  return {bytes, value};
}

std::string EscapeControls(std::string_view text, LineEnds line_ends) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text.substr(at));
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    if (point.bytes == 0) {
      AppendEscape("\\x%02x", byte, &out);
      ++at;
      continue;
    }
    const bool kept_line_end = byte == '\n' && line_ends == LineEnds::kKeep;
    if (IsControl(point.value) && !kept_line_end) {
      AppendEscape(point.bytes == 1 ? "\\x%02x" : "\\u%04x", point.value, &out);
    } else if (IsInvisibleFormat(point.value)) {
      AppendEscape("\\u%04x", point.value, &out);
    } else {
      out.append(text.substr(at, point.bytes));
    }
    at += point.bytes;
  }
  return out;
}

std::string CutMiddle(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  constexpr std::string_view kGap = " ... ";
  const size_t kept = limit - kGap.size();
  // More of the begin, which says where; the end says what was found there.
  size_t head = kept * 2 / 3, tail = text.size() - (kept - head);
  // Bytes that are no UTF-8 at all are cut anywhere.
  constexpr size_t kLongestCodePoint = 4;
  const size_t least = head - std::min(head, kLongestCodePoint);
  while (head > least && IsContinuation(text[head])) --head;
  const size_t most = std::min(text.size(), tail + kLongestCodePoint);
  while (tail < most && IsContinuation(text[tail])) ++tail;
  std::string out(text.substr(0, head));
  out.append(kGap);
  return out.append(text.substr(tail));
}

}  // namespace mace
