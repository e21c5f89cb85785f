// Einstein summations beside sums that loop over every place of every letter.
#include "mace/formats/common/einsum.h"

#include <gtest/gtest.h>

#include <map>

#include "mace/testing/formats/test_evaluate.h"

namespace mace {
namespace {

struct Case {
  const char* equation;
  // The equation with a letter for each axis, operands first, the result last.
  std::vector<std::string> terms;
  std::vector<Shape> shapes;
};

// Numbers whose sums are exact in float and in int64.
int64_t NumberAt(size_t operand, int64_t index) {
  return (index * 7 + static_cast<int64_t>(operand) * 5) % 11 - 5;
}

int64_t OffsetOf(const std::string& term, const Shape& shape, const std::map<char, int64_t>& at) {
  int64_t offset = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t place = shape[axis] == 1 ? 0 : at.at(term[static_cast<size_t>(axis)]);
    offset = offset * shape[axis] + place;
  }
  return offset;
}

std::vector<int64_t> Expected(const Case& c, Shape* shape) {
  std::map<char, int64_t> extents, at;
  for (size_t i = 0; i < c.shapes.size(); ++i) {
    for (size_t axis = 0; axis < c.terms[i].size(); ++axis) {
      int64_t& extent = extents[c.terms[i][axis]];
      extent = std::max(extent, c.shapes[i][static_cast<int>(axis)]);
    }
  }
  std::vector<int64_t> dims;
  for (char letter : c.terms.back()) dims.push_back(extents[letter]);
  *shape = Shape(dims);
  std::vector<int64_t> sums(static_cast<size_t>(shape->elements()), 0);
  for (const auto& [letter, extent] : extents) at[letter] = 0;
  while (true) {
    int64_t product = 1;
    for (size_t i = 0; i < c.shapes.size(); ++i) {
      product *= NumberAt(i, OffsetOf(c.terms[i], c.shapes[i], at));
    }
    sums[static_cast<size_t>(OffsetOf(c.terms.back(), *shape, at))] += product;
    auto letter = at.begin();
    while (letter != at.end() && ++letter->second == extents[letter->first]) {
      letter->second = 0;
      ++letter;
    }
    if (letter == at.end()) return sums;
  }
}

// Adds inputs of these shapes; they hold NumberAt.
std::vector<ValueId> AddInputs(const std::vector<Shape>& shapes, DType dtype,
                               GraphBuilder* builder) {
  std::vector<ValueId> operands;
  for (size_t i = 0; i < shapes.size(); ++i) {
    IoInfo io;
    io.name = "x" + std::to_string(i);
    io.dtype = dtype;
    io.declared_dims = shapes[i].dims();
    operands.push_back(*builder->AddInput(std::move(io)));
  }
  return operands;
}

std::vector<HostTensor> Numbers(const std::vector<Shape>& shapes, DType dtype) {
  std::vector<HostTensor> tensors;
  for (size_t i = 0; i < shapes.size(); ++i) {
    std::vector<int64_t> values(static_cast<size_t>(shapes[i].elements()));
    for (size_t k = 0; k < values.size(); ++k) values[k] = NumberAt(i, static_cast<int64_t>(k));
    tensors.push_back(
        *HostTensor::FromVector(DType::kInt64, shapes[i], std::move(values)).ConvertTo(dtype));
  }
  return tensors;
}

void Check(const Case& c, DType dtype) {
  SCOPED_TRACE(std::string(c.equation) + " of " + DTypeName(dtype));
  GraphBuilder builder({}, 1 << 20);
  const std::vector<ValueId> operands = AddInputs(c.shapes, dtype, &builder);
  StatusOr<ValueId> result = AddEinsum("e", c.equation, operands, &builder);
  ASSERT_TRUE(result.ok()) << result.status().message();
  result = builder.ComputedByNode("y", *result);
  ASSERT_TRUE(result.ok());
  IoInfo io;
  io.name = "y";
  io.value = *result;
  builder.graph().outputs.push_back(io);
  const auto found = EvaluateGraph(builder.graph(), Numbers(c.shapes, dtype));
  ASSERT_TRUE(found.ok()) << found.status().message();
  Shape shape;
  const std::vector<int64_t> expected = Expected(c, &shape);
  EXPECT_EQ(shape, (*found)[0].shape());
  EXPECT_EQ(dtype, (*found)[0].dtype());
  EXPECT_EQ(expected, ToInt64Vector((*found)[0]));
}

TEST(Einsum, EveryForm) {
  const Case cases[] = {
      {"ij,jk->ik", {"ij", "jk", "ik"}, {{2, 3}, {3, 4}}},
      {"ij,jk", {"ij", "jk", "ik"}, {{2, 3}, {3, 4}}},
      {"jb , jB -> Bb", {"jb", "jB", "Bb"}, {{3, 2}, {3, 4}}},
      {"bqhd,bkhd->bhqk", {"bqhd", "bkhd", "bhqk"}, {{2, 3, 4, 5}, {2, 6, 4, 5}}},
      {"bhqk,bkhd->bqhd", {"bhqk", "bkhd", "bqhd"}, {{2, 4, 3, 6}, {2, 6, 4, 5}}},
      {"abc,cd->abd", {"abc", "cd", "abd"}, {{2, 3, 4}, {4, 5}}},
      {"abc,cde->abde", {"abc", "cde", "abde"}, {{2, 3, 4}, {4, 5, 2}}},
      {"ii", {"ii", ""}, {{4, 4}}},
      {"ii->i", {"ii", "i"}, {{4, 4}}},
      {"iji->j", {"iji", "j"}, {{3, 2, 3}}},
      {"iijjk->kj", {"iijjk", "kj"}, {{2, 2, 3, 3, 4}}},
      {"iii->i", {"iii", "i"}, {{3, 3, 3}}},
      {"ba", {"ba", "ab"}, {{2, 3}}},
      {"ij->", {"ij", ""}, {{2, 3}}},
      {"ij->j", {"ij", "j"}, {{2, 3}}},
      {"ij->ji", {"ij", "ji"}, {{2, 3}}},
      {"i,i->i", {"i", "i", "i"}, {{4}, {4}}},
      {"i,i", {"i", "i", ""}, {{4}, {4}}},
      {"i,j->ji", {"i", "j", "ji"}, {{4}, {3}}},
      {",ij->ij", {"", "ij", "ij"}, {{}, {2, 3}}},
      {"...ij,...jk->...ik", {"xyij", "yjk", "xyik"}, {{2, 3, 2, 4}, {3, 4, 2}}},
      {"...ij,...jk", {"xyij", "yjk", "xyik"}, {{2, 1, 2, 4}, {3, 4, 2}}},
      {"...ij,jk...->...ki", {"xij", "jkx", "xki"}, {{2, 3, 4}, {4, 5, 2}}},
      {"...i->...", {"xyi", "xy"}, {{2, 3, 4}}},
      {"...ii->...i", {"xii", "xi"}, {{2, 3, 3}}},
      {"i...->i", {"ixy", "i"}, {{2, 3, 4}}},
      {"...,...", {"xy", "xy", "xy"}, {{2, 3}, {1, 3}}},
      {"ij,jk,kl->il", {"ij", "jk", "kl", "il"}, {{2, 3}, {3, 4}, {4, 5}}},
      {"ij,j,ik->k", {"ij", "j", "ik", "k"}, {{2, 3}, {3}, {2, 4}}},
      {"a,b,c,ab->cb", {"a", "b", "c", "ab", "cb"}, {{2}, {3}, {4}, {2, 3}}},
      {"i,ij->ij", {"i", "ij", "ij"}, {{1}, {4, 3}}},
      {"ij,jk->ik", {"ij", "jk", "ik"}, {{2, 1}, {3, 4}}},
      {"ij,kl->i", {"ij", "kl", "i"}, {{2, 3}, {3, 4}}},
      {"bij,bjk->bik", {"bij", "bjk", "bik"}, {{2, 3, 4}, {2, 4, 5}}},
  };
  for (const Case& c : cases) {
    Check(c, DType::kFloat32);
    Check(c, DType::kInt64);
    Check(c, DType::kInt32);
  }
}

struct Refusal {
  const char* equation;
  std::vector<Shape> shapes;
  const char* complaint;
};

TEST(Einsum, Refusals) {
  const Refusal refusals[] = {
      {"ij,jk->ik", {{2, 3}}, "expected 2 operands, found 1"},
      {"ij->ik", {{2, 3}}, "found 'k'"},
      {"ij->ii", {{2, 3}}, "found 'i'"},
      {"ij", {{2, 3, 4}}, "term 'ij': expected an operand of rank 2, found 3"},
      {"...ijk", {{2, 3}}, "expected an operand of rank 3, found 2"},
      {"i1", {{2, 3}}, "found 'i1'"},
      {"......i", {{2, 3}}, "at most one '...'"},
      {"i..j", {{2, 3}}, "found 'i..j'"},
      {"ii->i", {{2, 3}}, "expected one extent, found operand [2, 3]"},
      {"ij,jk->ik",
       {{2, 3}, {4, 5}},
       "equation 'ij,jk->ik' of [2, 3], [4, 5]: expected one extent "
       "for each letter, found 3 and 4"},
  };
  for (const Refusal& refusal : refusals) {
    GraphBuilder builder({}, 1 << 20);
    const std::vector<ValueId> operands = AddInputs(refusal.shapes, DType::kFloat32, &builder);
    const StatusOr<ValueId> result = AddEinsum("e", refusal.equation, operands, &builder);
    ASSERT_FALSE(result.ok()) << refusal.equation;
    EXPECT_NE(result.status().message().find(refusal.complaint), std::string::npos)
        << result.status().message();
  }
}

}  // namespace
}  // namespace mace
