#include "mace/engine/model_loader.h"

#include <gtest/gtest.h>

#include <future>
#include <new>
#include <string>

namespace mace {
namespace {

constexpr const char* kDigits = "models/digits/digits.pb";

using State = std::shared_ptr<const Model::State>;

ModelLoader::Rest IgnoreModel(const State&) { return nullptr; }

TEST(ModelLoader, GivesTheModelOfTheFile) {
  const StatusOr<Model> expected = Model::Load(kDigits);
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  ModelLoader loader([] { return LoadModelState(kDigits, LoadOptions()); }, IgnoreModel);
  const StatusOr<std::shared_ptr<const Model::State>> found = loader.Take();
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ((*found)->inputs.size(), expected->inputs().size());
  EXPECT_EQ((*found)->inputs[0].name, expected->inputs()[0].name);
  EXPECT_EQ((*found)->graph->source_format, expected->format());
}

TEST(ModelLoader, AFaultOfTheFileComesWithTheModel) {
  ModelLoader loader([] { return LoadModelState("no/such/model.pb", LoadOptions()); }, IgnoreModel);
  const StatusOr<std::shared_ptr<const Model::State>> found = loader.Take();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), StatusCode::kNotFound);
  EXPECT_NE(found.status().message().find("no/such/model.pb"), std::string::npos);
}

TEST(ModelLoader, WhatIsDoneWithTheModelIsDoneBeforeItIsTaken) {
  std::string format;
  const auto note_format = [&](const State& loaded) {
    format = loaded->graph->source_format;
    return nullptr;
  };
  ModelLoader loader([] { return LoadModelState(kDigits, LoadOptions()); }, note_format);
  const StatusOr<std::shared_ptr<const Model::State>> found = loader.Take();
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ((*found)->graph->source_format, format);
}

TEST(ModelLoader, TheModelIsTakenBeforeTheRestIsDone) {
  std::promise<void> taken;
  bool rest_done = false;
  {
    ModelLoader loader([] { return LoadModelState(kDigits, LoadOptions()); },
                       [&](const State&) {
                         return [&] {
                           taken.get_future().wait();
                           rest_done = true;
                         };
                       });
    EXPECT_TRUE(loader.Take().ok());
    taken.set_value();
  }
  EXPECT_TRUE(rest_done);
}

TEST(ModelLoader, AnExceptionIsAnErrorOfTheModel) {
  ModelLoader loader([] { return LoadModelState(kDigits, LoadOptions()); },
                     [](const State&) -> ModelLoader::Rest { throw std::bad_alloc(); });
  EXPECT_EQ(StatusCode::kResourceExhausted, loader.Take().status().code());
}

TEST(ModelLoader, NobodyNeedsToTakeIt) {
  for (int i = 0; i < 20; ++i) {
    ModelLoader loader([] { return LoadModelState(kDigits, LoadOptions()); }, IgnoreModel);
  }
}

}  // namespace
}  // namespace mace
