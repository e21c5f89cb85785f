#include "tools/mace/word_check.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "mace/base/strings.h"

namespace mace {
namespace {

TEST(NearestWord, FindsSlips) {
  const std::vector<std::string> known = {"run", "compare", "convert", "inspect", "devices"};
  EXPECT_EQ(NearestWord("rnu", known), "run");
  EXPECT_EQ(NearestWord("comapre", known), "compare");
  EXPECT_EQ(NearestWord("device", known), "devices");
  EXPECT_EQ(NearestWord("insepct", known), "inspect");
  EXPECT_EQ(NearestWord("fly", known), "");
  EXPECT_EQ(NearestWord("", known), "");
  EXPECT_EQ(NearestWord(std::string(1000000, 'r'), known), "");
}

TEST(CheckWords, NamesWhatThereIs) {
  CLI::App app("test", "mace");
  CLI::App* run = app.add_subcommand("run", "");
  std::string file, path;
  run->add_option("--cache", file, "");
  run->add_option("model", path, "");
  CLI::App* cache = app.add_subcommand("cache", "");
  cache->add_subcommand("info", "");
  const auto message = [&](const std::vector<std::string>& words) {
    return CheckWords(app, words).message();
  };
  EXPECT_EQ(message({"run", "model.pb", "--cache", "c.bin"}), "");
  EXPECT_EQ(message({"run", "--cache=c.bin", "--", "--odd-name.pb"}), "");
  EXPECT_EQ(message({"--help"}), "");
  EXPECT_EQ(message({"rum"}),
            "unknown subcommand 'rum' of mace: did you mean run? (the subcommands "
            "are: run, cache)");
  EXPECT_EQ(
      message({"cache", "inof"}),
      "unknown subcommand 'inof' of mace cache: did you mean info? (the subcommands are: info)");
  EXPECT_EQ(message({"run", "--cahce", "c.bin"}),
            "unknown option '--cahce' of mace run: did you mean --cache? (mace run --help lists "
            "them)");
}

TEST(CheckNoEmptyValues, NamesTheOption) {
  CLI::App app("test", "mace");
  CLI::App* run = app.add_subcommand("run", "");
  std::string file, filter;
  run->add_option("--cache", file, "");
  run->add_option("--filter", filter, "");
  app.parse(std::vector<std::string>{"", "--filter", "", "--cache", "run"});
  const Status empty = CheckNoEmptyValues(app);
  EXPECT_EQ(empty.message(), "--cache: expected a value, found an empty text");
}

}  // namespace
}  // namespace mace
