// The op of a node is made once, and again only where it could be another one.
#include "mace/ops/op.h"

#include <gtest/gtest.h>

#include <utility>

namespace mace {
namespace {

Node SoftmaxNode() {
  Node node;
  node.name = "node";
  node.type = "Softmax";
  node.inputs = {0};
  node.outputs = {1};
  node.attributes.Set("axis", int64_t{1});
  return node;
}

const Op* Find(Node* node) {
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  EXPECT_TRUE(op.ok()) << op.status().message();
  return op.ok() && node->attributes.parsed() != nullptr ? op->get() : nullptr;
}

TEST(OpOf, ParsesOnce) {
  Node node = SoftmaxNode();
  const Op* op = Find(&node);
  ASSERT_NE(op, nullptr);
  EXPECT_EQ(op, Find(&node));
  EXPECT_EQ(op, (*OpOf(std::as_const(node))).get());
  Node copy = node;
  copy.name = "another name";
  EXPECT_EQ(op, Find(&copy));
}

TEST(OpOf, ParsesAgainWhatChanged) {
  Node node = SoftmaxNode();
  const StatusOr<std::shared_ptr<const Op>> first = OpOf(&node);
  ASSERT_TRUE(first.ok());
  const auto expect_another = [&](const char* what, void (*change)(Node*)) {
    Node changed = node;
    change(&changed);
    EXPECT_NE(Find(&changed), first->get()) << what;
  };
  expect_another("a set attribute",
                 [](Node* changed) { changed->attributes.Set("axis", int64_t{0}); });
  expect_another("an erased attribute", [](Node* changed) { changed->attributes.Erase("axis"); });
  expect_another("the type", [](Node* changed) { changed->type = "Identity"; });
  expect_another("the count of outputs", [](Node* changed) { changed->outputs.push_back(2); });
  EXPECT_EQ(Find(&node), first->get()) << "the node of which the others are copies";
}

TEST(OpOf, CountsInputsThatWereAddedLater) {
  Node node = SoftmaxNode();
  ASSERT_NE(Find(&node), nullptr);
  node.inputs.push_back(0);
  const Status status = OpOf(&node).status();
  EXPECT_EQ(status.message(), "node 'node' (Softmax): expected 1 to 1 inputs, found 2");
}

TEST(OpOf, AddsNothingToAConstNode) {
  const Node node = SoftmaxNode();
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  ASSERT_TRUE(op.ok()) << op.status().message();
  EXPECT_EQ(node.attributes.parsed(), nullptr);
}

TEST(OpOf, NamesTheNodeThatItRefuses) {
  Node node = SoftmaxNode();
  node.type = "Nonsense";
  EXPECT_EQ(OpOf(&node).status().message(), "node 'node' (Nonsense): unknown op");
}

}  // namespace
}  // namespace mace
