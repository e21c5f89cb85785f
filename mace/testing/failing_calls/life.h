// The life of a compiled model, during which one OpenCL call fails: devices are listed, the model is
// loaded and compiled, it runs twice and once more for other dims, and its cache is saved.
//
// After a step that failed, the same step is tried again, on the same objects where there are some.
// A lost device asks for a new compiled model, so that the life begins again then.
//
// Thread contract: one thread; one life a process, because the loader reads its layers once.
#ifndef MACE_TESTING_FAILING_CALLS_LIFE_H_
#define MACE_TESTING_FAILING_CALLS_LIFE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// What the model has to answer, computed without OpenCL.
struct ExpectedAnswers {
  std::vector<float> one;  // For a batch of 1.
  std::vector<float> two;  // For a batch of 2.
};

struct LifeCase {
  std::string name;
  std::string model;  // A path; one input [batch, 8, 8, 1] and one output, both float32.
  CompileOptions options;
  double tolerance = 1e-4;  // The largest absolute difference from the expected answers.
};

// How a life went on.
struct LifeReport {
  std::string step;     // The step that failed; empty: none did.
  std::string message;  // The message of that step.
  std::string fault;    // What must not be, in one line; empty: all was right.
};

// The picture that the model is asked about, for a batch of 1 or 2: seeded numbers of 0 to 16.
std::vector<float> LifeInput(int64_t batch);

// The answers of the CPU reference.
StatusOr<ExpectedAnswers> FindExpectedAnswers(const std::string& model);

// Lives once. `failed_call` gives the name of the call that has failed so far, or null; the message
// of the step that failed must hold that name.
LifeReport Live(const LifeCase& with, const ExpectedAnswers& expected,
                const char* (*failed_call)());

}  // namespace mace

#endif  // MACE_TESTING_FAILING_CALLS_LIFE_H_
