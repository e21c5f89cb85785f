#include "mace/testing/counting_layer/live_objects.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

// Handles are pointers to nothing that is known: any address stands for an object.
template <typename T>
T Handle() {
  static int object = 0;
  return reinterpret_cast<T>(&object);
}

TEST(LiveObjectsTest, WhatIsMadeAndRetainedIsHeldUntilItsRelease) {
  LiveObjects live;
  live.NoteCall(ReferenceChange::kNone, Handle<cl_mem>(), Handle<cl_context>(), cl_mem_flags{1});
  live.NoteCall(ReferenceChangeOf("clRetainMemObject"), cl_int{CL_SUCCESS}, Handle<cl_mem>());
  EXPECT_EQ(2, live.CountOf("memory"));
  EXPECT_EQ(0, live.CountOf("context"));
  for (int left : {1, 0}) {
    live.NoteCall(ReferenceChangeOf("clReleaseMemObject"), cl_int{CL_SUCCESS}, Handle<cl_mem>());
    EXPECT_EQ(left, live.CountOf("memory"));
  }
}

TEST(LiveObjectsTest, CallsThatFailChangeNothing) {
  LiveObjects live;
  cl_event event = nullptr;
  live.NoteCall(ReferenceChange::kNone, cl_kernel{nullptr}, Handle<cl_program>());
  live.NoteCall(ReferenceChange::kRetain, cl_int{CL_OUT_OF_RESOURCES}, Handle<cl_kernel>());
  live.NoteCall(ReferenceChange::kNone, cl_int{CL_OUT_OF_RESOURCES}, &event);
  EXPECT_EQ(0, live.CountOf("kernel"));
  EXPECT_EQ(0, live.CountOf("event"));
}

TEST(LiveObjectsTest, EventsThatACallLeavesAreHeld) {
  LiveObjects live;
  cl_event event = nullptr;
  cl_event* const none = nullptr;
  const cl_event* const waited_for = &event;
  live.NoteCall(ReferenceChange::kNone, cl_int{CL_SUCCESS}, Handle<cl_command_queue>(), waited_for,
                &event);
  live.NoteCall(ReferenceChange::kNone, cl_int{CL_SUCCESS}, Handle<cl_command_queue>(), waited_for,
                none);
  EXPECT_EQ(1, live.CountOf("event"));
  EXPECT_EQ(0, live.CountOf("no kind"));
}

}  // namespace
}  // namespace mace
