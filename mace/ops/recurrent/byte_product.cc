#include "mace/ops/recurrent/byte_product.h"

#include <algorithm>
#include <cstring>

#include "mace/base/divide.h"

// The x86 instructions are used where the processor has them, whatever the build was told.
#if defined(__x86_64__) && defined(__GNUC__)
#define MACE_BYTE_PRODUCT_X86 1
#include <immintrin.h>
#endif

namespace mace {
namespace {

// The columns are cut into blocks, whose sums stay in registers while all rows of the matrix pass.
void PlainProduct(const ByteRows& x, const ByteMatrix& w, int32_t* sums) {
  constexpr size_t kBlock = 16;  // Known to the compiler, which then uses vectors.
  for (size_t first = 0; first < w.columns; first += kBlock) {
    const size_t count = std::min(kBlock, w.columns - first);
    for (size_t r = 0; r < x.count; ++r) {
      int32_t block[kBlock] = {};
      uint8_t bytes[kBlock] = {};
      for (size_t k = 0; k < w.rows; ++k) {
        std::memcpy(bytes, w.bytes + k * w.columns + first, count);
        const int32_t factor = x.bytes[r * x.pitch + k];
        for (size_t c = 0; c < kBlock; ++c) {
          block[c] += factor * static_cast<int8_t>(bytes[c] ^ w.flip);
        }
      }
      std::copy_n(block, count, sums + r * w.columns + first);
    }
  }
}

#ifdef MACE_BYTE_PRODUCT_X86
// Rows of x that are multiplied together, because each reads all of the matrix.
constexpr size_t kRowsAtOnce = 4;

// The bytes x[row, k] to x[row, k + 3].
inline int32_t FourBytes(const ByteRows& x, size_t row, size_t k) {
  int32_t four;
  std::memcpy(&four, x.bytes + row * x.pitch + k, sizeof(four));
  return four;
}

// AVX2 adds products of neighbouring pairs of int16: blocks of 16 columns, two rows of w at a time.
#define MACE_AVX2 __attribute__((target("avx2")))

// Sums of the columns 0 to 7 and 8 to 15 of a block.
struct Avx2Sums {
  __m256i low, high;
};

// 16 bytes of row k of w, zeros behind the last column and the last row.
MACE_AVX2 inline __m128i Avx2Load(const ByteMatrix& w, size_t k, size_t column) {
  if (k >= w.rows) return _mm_setzero_si128();
  const uint8_t* const from = w.bytes + k * w.columns + column;
  uint8_t padded[16] = {};
  const bool whole = w.columns - column >= sizeof(padded);
  if (!whole) std::memcpy(padded, from, w.columns - column);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(whole ? from : padded));
  return _mm_xor_si128(bytes, _mm_set1_epi8(static_cast<char>(w.flip)));
}

MACE_AVX2 inline void Avx2Add(const ByteRows& x, size_t row, size_t k, const Avx2Sums& pairs,
                              Avx2Sums* sums) {
  const uint8_t* const factors = x.bytes + row * x.pitch + k;
  const __m256i pair = _mm256_set1_epi32(factors[0] | factors[1] << 16);
  sums->low = _mm256_add_epi32(sums->low, _mm256_madd_epi16(pairs.low, pair));
  sums->high = _mm256_add_epi32(sums->high, _mm256_madd_epi16(pairs.high, pair));
}

MACE_AVX2 inline void Avx2Store(const Avx2Sums& sums, size_t count, int32_t* to) {
  if (count >= 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums.low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), sums.high);
    return;
  }
  int32_t padded[16];
  std::memcpy(padded, &sums, sizeof(padded));
  std::memcpy(to, padded, count * sizeof(int32_t));
}

// The sums of `rows` rows of x from `row` on and of the block at `column`.
template <size_t rows>
MACE_AVX2 void Avx2Block(const ByteRows& x, size_t row, const ByteMatrix& w, size_t column,
                         int32_t* sums) {
  const Avx2Sums zeros = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  Avx2Sums s0 = zeros, s1 = zeros, s2 = zeros, s3 = zeros;
  for (size_t k = 0; k < w.rows; k += 2) {
    const __m128i even = Avx2Load(w, k, column), odd = Avx2Load(w, k + 1, column);
    const Avx2Sums pairs = {_mm256_cvtepi8_epi16(_mm_unpacklo_epi8(even, odd)),
                            _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(even, odd))};
    Avx2Add(x, row, k, pairs, &s0);
    if constexpr (rows > 1) Avx2Add(x, row + 1, k, pairs, &s1);
    if constexpr (rows > 2) Avx2Add(x, row + 2, k, pairs, &s2);
    if constexpr (rows > 3) Avx2Add(x, row + 3, k, pairs, &s3);
  }
  int32_t* const to = sums + row * w.columns + column;
  const size_t count = w.columns - column;
  Avx2Store(s0, count, to);
  if constexpr (rows > 1) Avx2Store(s1, count, to + w.columns);
  if constexpr (rows > 2) Avx2Store(s2, count, to + 2 * w.columns);
  if constexpr (rows > 3) Avx2Store(s3, count, to + 3 * w.columns);
}

// AVX-512 VNNI adds products of four neighbouring bytes: blocks of 64 columns, four rows of w at a
// time.
#define MACE_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// Four vectors of a block. As loaded, vector i holds row k + i of w. Interleaved, four bytes of a
// column lie side by side, and lane l (128 bits) of vector i holds the columns 16 * l + 4 * i to
// 16 * l + 4 * i + 3. So do sums.
struct VnniVectors {
  __m512i v0, v1, v2, v3;
};

MACE_VNNI inline __mmask64 VnniMask(size_t count) {
  return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
}

MACE_VNNI inline __m512i VnniLoad(const ByteMatrix& w, size_t k, size_t column, __mmask64 mask) {
  if (k >= w.rows) return _mm512_setzero_si512();
  const __m512i bytes = _mm512_maskz_loadu_epi8(mask, w.bytes + k * w.columns + column);
  return _mm512_xor_si512(bytes, _mm512_set1_epi8(static_cast<char>(w.flip)));
}

MACE_VNNI inline VnniVectors VnniInterleave(const VnniVectors& rows) {
  const __m512i low01 = _mm512_unpacklo_epi8(rows.v0, rows.v1);
  const __m512i high01 = _mm512_unpackhi_epi8(rows.v0, rows.v1);
  const __m512i low23 = _mm512_unpacklo_epi8(rows.v2, rows.v3);
  const __m512i high23 = _mm512_unpackhi_epi8(rows.v2, rows.v3);
  return {_mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
          _mm512_unpacklo_epi16(high01, high23), _mm512_unpackhi_epi16(high01, high23)};
}

MACE_VNNI inline void VnniAdd(int32_t four_bytes, const VnniVectors& columns, VnniVectors* sums) {
  const __m512i factors = _mm512_set1_epi32(four_bytes);
  sums->v0 = _mm512_dpbusd_epi32(sums->v0, factors, columns.v0);
  sums->v1 = _mm512_dpbusd_epi32(sums->v1, factors, columns.v1);
  sums->v2 = _mm512_dpbusd_epi32(sums->v2, factors, columns.v2);
  sums->v3 = _mm512_dpbusd_epi32(sums->v3, factors, columns.v3);
}

// Lanes of a and b, as the two bits of `lanes` for each lane of the result say, the lowest first: the
// lower two come from a. (GCC 12 warns of its own header where there is no mask.)
template <int lanes>
MACE_VNNI inline __m512i VnniLanes(__m512i a, __m512i b) {
  return _mm512_maskz_shuffle_i32x4(0xFFFF, a, b, lanes);
}

MACE_VNNI inline void VnniStore(const VnniVectors& sums, __mmask64 mask, int32_t* to) {
  // A transposition of 4 x 4 lanes.
  const __m512i first01 = VnniLanes<0x44>(sums.v0, sums.v1);
  const __m512i last01 = VnniLanes<0xEE>(sums.v0, sums.v1);
  const __m512i first23 = VnniLanes<0x44>(sums.v2, sums.v3);
  const __m512i last23 = VnniLanes<0xEE>(sums.v2, sums.v3);
  const auto part = [mask](int i) { return static_cast<__mmask16>(mask >> (16 * i)); };
  _mm512_mask_storeu_epi32(to, part(0), VnniLanes<0x88>(first01, first23));
  _mm512_mask_storeu_epi32(to + 16, part(1), VnniLanes<0xDD>(first01, first23));
  _mm512_mask_storeu_epi32(to + 32, part(2), VnniLanes<0x88>(last01, last23));
  _mm512_mask_storeu_epi32(to + 48, part(3), VnniLanes<0xDD>(last01, last23));
}

// The rows k to k + 3 of a block of columns, interleaved.
MACE_VNNI inline VnniVectors VnniColumns(const ByteMatrix& w, size_t k, size_t column,
                                         __mmask64 mask) {
  return VnniInterleave({VnniLoad(w, k, column, mask), VnniLoad(w, k + 1, column, mask),
                         VnniLoad(w, k + 2, column, mask), VnniLoad(w, k + 3, column, mask)});
}

// A panel is a block of columns as a product reads it: what VnniColumns gives for each four rows, one
// behind the other.
constexpr size_t kPanelColumns = 64;
constexpr size_t kPanelStep = sizeof(VnniVectors);

size_t PanelBytes(const ByteMatrix& w) { return AlignUp(w.rows, 4) * kPanelColumns; }

MACE_VNNI void PackPanels(const ByteMatrix& w, uint8_t* panels) {
  for (size_t column = 0; column < w.columns; column += kPanelColumns) {
    const __mmask64 mask = VnniMask(w.columns - column);
    for (size_t k = 0; k < w.rows; k += 4, panels += kPanelStep) {
      const VnniVectors columns = VnniColumns(w, k, column, mask);
      std::memcpy(panels, &columns, kPanelStep);
    }
  }
}

MACE_VNNI inline VnniVectors LoadPanel(const uint8_t* at) {
  return {_mm512_loadu_si512(at), _mm512_loadu_si512(at + 64), _mm512_loadu_si512(at + 128),
          _mm512_loadu_si512(at + 192)};
}

// The sums of `rows` rows of x from `row` on and of the block at `column`. With `packed` the bytes of
// w are its panels.
template <size_t rows, bool packed>
MACE_VNNI void VnniBlock(const ByteRows& x, size_t row, const ByteMatrix& w, size_t column,
                         int32_t* sums) {
  const uint8_t* const panel = w.bytes + (packed ? column / kPanelColumns * PanelBytes(w) : 0);
  const __mmask64 mask = VnniMask(w.columns - column);
  const __m512i zero = _mm512_setzero_si512();
  const VnniVectors zeros = {zero, zero, zero, zero};
  VnniVectors s0 = zeros, s1 = zeros, s2 = zeros, s3 = zeros;
  for (size_t k = 0; k < w.rows; k += 4) {
    const VnniVectors columns =
        packed ? LoadPanel(panel + k / 4 * kPanelStep) : VnniColumns(w, k, column, mask);
    VnniAdd(FourBytes(x, row, k), columns, &s0);
    if constexpr (rows > 1) VnniAdd(FourBytes(x, row + 1, k), columns, &s1);
    if constexpr (rows > 2) VnniAdd(FourBytes(x, row + 2, k), columns, &s2);
    if constexpr (rows > 3) VnniAdd(FourBytes(x, row + 3, k), columns, &s3);
  }
  int32_t* const to = sums + row * w.columns + column;
  VnniStore(s0, mask, to);
  if constexpr (rows > 1) VnniStore(s1, mask, to + w.columns);
  if constexpr (rows > 2) VnniStore(s2, mask, to + 2 * w.columns);
  if constexpr (rows > 3) VnniStore(s3, mask, to + 3 * w.columns);
}

using BlockProduct = void (*)(const ByteRows& x, size_t row, const ByteMatrix& w, size_t column,
                              int32_t* sums);

// Block by block; blocks[i] takes i + 1 rows of x.
void ProductOfBlocks(const ByteRows& x, const ByteMatrix& w, size_t width,
                     const BlockProduct (&blocks)[kRowsAtOnce], int32_t* sums) {
  for (size_t column = 0; column < w.columns; column += width) {
    for (size_t row = 0; row < x.count; row += kRowsAtOnce) {
      blocks[std::min(kRowsAtOnce, x.count - row) - 1](x, row, w, column, sums);
    }
  }
}

void Avx2Product(const ByteRows& x, const ByteMatrix& w, int32_t* sums) {
  ProductOfBlocks(x, w, 16, {&Avx2Block<1>, &Avx2Block<2>, &Avx2Block<3>, &Avx2Block<4>}, sums);
}

template <bool packed>
void VnniProduct(const ByteRows& x, const ByteMatrix& w, int32_t* sums) {
  ProductOfBlocks(
      x, w, kPanelColumns,
      {&VnniBlock<1, packed>, &VnniBlock<2, packed>, &VnniBlock<3, packed>, &VnniBlock<4, packed>},
      sums);
}

bool HasVnni() {
  return __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}
#endif

std::vector<ByteProduct> FindByteProducts() {
  std::vector<ByteProduct> products;
#ifdef MACE_BYTE_PRODUCT_X86
  if (HasVnni()) products.push_back(&VnniProduct<false>);
  if (__builtin_cpu_supports("avx2") != 0) products.push_back(&Avx2Product);
#endif
  products.push_back(&PlainProduct);
  return products;
}

}  // namespace

const std::vector<ByteProduct>& RunnableByteProducts() {
  static const auto* const products = new std::vector<ByteProduct>(FindByteProducts());
  return *products;
}

PackedByteMatrix::PackedByteMatrix(const ByteMatrix& w) : matrix_(w) {
#ifdef MACE_BYTE_PRODUCT_X86
  if (!HasVnni()) return;
  panels_.reset(new uint8_t[AlignUp(w.columns, kPanelColumns) / kPanelColumns * PanelBytes(w)]);
  PackPanels(w, panels_.get());
  matrix_.bytes = panels_.get();
  matrix_.flip = 0;  // Done.
#endif
}

void PackedByteMatrix::Multiply(const ByteRows& x, int32_t* sums) const {
#ifdef MACE_BYTE_PRODUCT_X86
  if (panels_ != nullptr) return VnniProduct<true>(x, matrix_, sums);
#endif
  RunnableByteProducts()[0](x, matrix_, sums);
}

}  // namespace mace

#undef MACE_VNNI
#undef MACE_AVX2
#undef MACE_BYTE_PRODUCT_X86
