// Text that comes from files, fit to be shown on a terminal: nothing in it moves the cursor,
// changes colours or the direction of writing, and it is valid UTF-8.
//
// Thread contract: thread-safe.
#ifndef MACE_BASE_PRINTABLE_H_
#define MACE_BASE_PRINTABLE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mace {

// How many bytes at the begin of `text` are one code point of valid UTF-8, and which one; 0 bytes
// where they are none.
struct CodePoint {
  size_t bytes = 0;
  char32_t value = 0;
};
CodePoint DecodeUtf8(std::string_view text);

// How line ends are written.
enum class LineEnds { kEscape, kKeep };

// `text` with every control character (C0, DEL, C1), every code point that changes the direction of
// writing or ends a line, and every byte that is not UTF-8 as an escape: \x1b, \u202e. Other
// characters stay as they are.
std::string EscapeControls(std::string_view text, LineEnds line_ends = LineEnds::kEscape);

// `text`, or its begin and its end with "..." between them where it has more than `limit` bytes. A
// code point is never cut. REQUIRES: limit >= 16.
std::string CutMiddle(std::string_view text, size_t limit);

}  // namespace mace

#endif  // MACE_BASE_PRINTABLE_H_
