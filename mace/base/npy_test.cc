#include "mace/base/npy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "mace/base/coding.h"
#include "mace/base/files.h"

namespace mace {
namespace {

// A file of version 1 around `header` and `data`.
std::string File(const std::string& header, const std::string& data) {
  std::string file("\x93NUMPY\x01\x00", 8);
  PutFixed16(&file, static_cast<uint16_t>(header.size()));
  return file + header + data;
}

StatusCode ParseCode(const std::string& file) { return ParseNpy(AsBytes(file)).status().code(); }

TEST(NpyTest, WriteThenRead) {
  const std::string path =
      JoinPath(testing::TempDir(), "npy_test." + std::to_string(getpid()) + ".npy");
  const std::vector<uint8_t> data = {1, 2, 3, 4, 5, 6};
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{6}, std::vector<int64_t>{2, 3}, std::vector<int64_t>{1, 6, 1}}) {
    ASSERT_TRUE(WriteNpy(path, "|u1", shape, data).ok());
    auto array = ReadNpy(path);
    ASSERT_TRUE(array.ok()) << array.status().message();
    EXPECT_EQ("|u1", array->descr);
    EXPECT_EQ(shape, array->shape);
    EXPECT_EQ(data, array->data);
  }
  auto file = ReadFile(path, 1000);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(64u * 2 + 6, file->size());  // The data is aligned as NumPy aligns it.
  ASSERT_TRUE(WriteNpy(path, "<f4", {}, Bytes(data.data(), 4)).ok());
  EXPECT_TRUE(ReadNpy(path)->shape.empty());
  ASSERT_TRUE(WriteNpy(path, "<f4", {3, 0}, Bytes()).ok());
  EXPECT_EQ((std::vector<int64_t>{3, 0}), ReadNpy(path)->shape);
  EXPECT_EQ(StatusCode::kInvalidArgument, WriteNpy(path, "<f4", {2}, data).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, WriteNpy(path, "<c8", {1}, data).code());
  EXPECT_EQ(StatusCode::kInvalidArgument, WriteNpy(path, "|u1", {-6}, data).code());
}

TEST(NpyTest, FortranOrderIsReordered) {
  const std::string header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }";
  // Element (i, j, k) is 100i + 10j + k + 1.
  std::string data;
  for (int k = 0; k < 2; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) data.push_back(static_cast<char>(100 * i + 10 * j + k + 1));
    }
  }
  auto array = ParseNpy(AsBytes(File(header, data)));
  ASSERT_TRUE(array.ok()) << array.status().message();
  EXPECT_EQ((std::vector<uint8_t>{1, 2, 11, 12, 21, 22, 101, 102, 111, 112, 121, 122}),
            array->data);
}

TEST(NpyTest, OtherSpellingsAndVersions) {
  const std::string header = "{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|i1\"}\n";
  EXPECT_EQ(StatusCode::kOk, ParseCode(File(header, "x")));
  std::string second("\x93NUMPY\x02\x00", 8);
  PutFixed32(&second, static_cast<uint32_t>(header.size()));
  EXPECT_EQ(StatusCode::kOk, ParseCode(second + header + "x"));
  second[6] = 4;
  EXPECT_EQ(StatusCode::kUnsupported, ParseCode(second + header + "x"));
  EXPECT_EQ(StatusCode::kUnsupported,
            ParseCode(File("{'descr': '>f4', 'fortran_order': False, 'shape': ()}", "abcd")));
}

std::string SparseFile(const std::string& name, const std::string& header, uint64_t data_bytes) {
  const std::string path =
      JoinPath(testing::TempDir(), name + "." + std::to_string(getpid()) + ".npy");
  const std::string start = File(header, "");
  std::ofstream(path, std::ios::binary) << start;
  EXPECT_EQ(0, truncate(path.c_str(), static_cast<off_t>(start.size() + data_bytes)));
  return path;
}

TEST(NpyTest, AFileIsJudgedBeforeItsElementsAreRead) {
  constexpr uint64_t kHuge = uint64_t{1} << 36;  // A hole: nothing of it is on the disk.
  const std::string sparse =
      SparseFile("sparse", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", kHuge);
  EXPECT_EQ(StatusCode::kCorruption, ReadNpy(sparse).status().code());
  unlink(sparse.c_str());
  const std::string whole = SparseFile(
      "whole",
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, " + std::to_string(kHuge / 2) + "), }",
      kHuge);
  const StatusOr<NpyFile> file = NpyFile::Open(whole);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((std::vector<int64_t>{2, static_cast<int64_t>(kHuge / 2)}), file->header().shape);
  EXPECT_EQ(kHuge, file->header().data_bytes);
  EXPECT_TRUE(file->header().fortran_order);
  std::vector<uint8_t> small(8);
  EXPECT_EQ(StatusCode::kInvalidArgument, file->Read(small).code());
  unlink(whole.c_str());
}

TEST(NpyTest, ElementsWithoutRoomAreAStatus) {
  constexpr uint64_t kTooMuch = uint64_t{1} << 62;
  const std::string start = File(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(kTooMuch) + ",), }",
      "");
  const OffsetReader source = [&](uint64_t offset, MutableBytes out) {
    std::copy_n(start.data() + offset, std::min<size_t>(out.size(), start.size() - offset),
                out.data());
    return Status();
  };
  EXPECT_EQ(StatusCode::kResourceExhausted,
            ReadNpyFrom(source, start.size() + kTooMuch).status().code());
}

TEST(NpyTest, AFortranFileIsReadInParts) {
  // More than one part, and no whole number of parts.
  constexpr int64_t kRows = 1031, kColumns = 1200;
  const std::string path = JoinPath(testing::TempDir(), "parts." + std::to_string(getpid()));
  std::string data;
  for (int64_t column = 0; column < kColumns; ++column) {
    for (int64_t row = 0; row < kRows; ++row) {
      data.push_back(static_cast<char>((row * 7 + column * 13) % 251));
    }
  }
  std::ofstream(path, std::ios::binary)
      << File("{'descr': '|u1', 'fortran_order': True, 'shape': (1031, 1200), }", data);
  const StatusOr<NpyArray> array = ReadNpy(path);
  ASSERT_TRUE(array.ok()) << array.status().message();
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t column = 0; column < kColumns; ++column) {
      ASSERT_EQ((row * 7 + column * 13) % 251,
                array->data[static_cast<size_t>(row * kColumns + column)])
          << row << ", " << column;
    }
  }
  unlink(path.c_str());
}

TEST(NpyTest, AnotherTypeIsNamedWithTheWayOut) {
  const auto message = [](const std::string& descr) {
    const std::string header =
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }";
    return ParseNpy(AsBytes(File(header, std::string(4, '\0')))).status().message();
  };
  EXPECT_NE(message(">f4").find("big-endian: save it with array.astype('<f4')"), std::string::npos)
      << message(">f4");
  EXPECT_EQ(message("<c8").find("big-endian"), std::string::npos);
  EXPECT_NE(message("<c8").find("'<c8', expected <f4"), std::string::npos) << message("<c8");
}

TEST(NpyTest, DamageIsAStatus) {
  const std::string good =
      File("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", "abcdefgh");
  ASSERT_EQ(StatusCode::kOk, ParseCode(good));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(StatusCode::kOk, ParseCode(good.substr(0, length))) << length;
  }
  EXPECT_EQ(StatusCode::kCorruption, ParseCode(good + "x"));
  const std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  for (const char* shape :
       {"(4611686018427387904, 4)", "(99999999999999999999)", "(-1, -2)", "(2", "2", "(2, 1, 3)",
        "(4294967296, 4294967296, 0)", "(0)", "(2,,1)", "(2, 1), 'shape': (2, 1)", "()"}) {
    EXPECT_EQ(StatusCode::kCorruption, ParseCode(File(start + shape + "}", "abcdefgh"))) << shape;
  }
  EXPECT_EQ(StatusCode::kCorruption, ParseCode(File("{'descr': '<f4'}", "abcdefgh")));
  EXPECT_EQ(StatusCode::kNotFound, ReadNpy("/nowhere/a.npy").status().code());
}

}  // namespace
}  // namespace mace
