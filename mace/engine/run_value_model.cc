#include "mace/engine/run_value_model.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mace {
namespace {

// A guess of a loop without end must not keep the loading of a small file busy.
constexpr size_t kMaxImportedNodes = size_t{1} << 20;

// What elements are taken to be.
struct Guess {
  enum class Numbers { kOne, kMinusOneThenOne, kZero };
  enum class Counts { kLargest, kOne, kZero };
  Numbers numbers;
  Counts counts;
};

// A shape of ones, or with one extent that follows from the others; counts from all to none.
constexpr Guess kGuesses[] = {
    {Guess::Numbers::kOne, Guess::Counts::kLargest},
    {Guess::Numbers::kMinusOneThenOne, Guess::Counts::kOne},
    {Guess::Numbers::kZero, Guess::Counts::kZero},
};

int64_t GuessCount(Guess::Counts counts, int64_t largest) {
  if (counts == Guess::Counts::kLargest) return largest;
  return counts == Guess::Counts::kOne ? std::min<int64_t>(largest, 1) : 0;
}

StatusOr<HostTensor> GuessElements(const TensorInfo& info, int64_t largest, const Guess& guess) {
  std::vector<int64_t> elements(static_cast<size_t>(info.shape.elements()), 1);
  if (guess.numbers == Guess::Numbers::kZero) std::fill(elements.begin(), elements.end(), 0);
  if (guess.numbers == Guess::Numbers::kMinusOneThenOne && !elements.empty()) elements[0] = -1;
  // A condition that never holds ends a loop at once.
  if (info.dtype == DType::kBool) std::fill(elements.begin(), elements.end(), 0);
  if (largest >= 0) std::fill(elements.begin(), elements.end(), GuessCount(guess.counts, largest));
  return HostTensor::FromVector(DType::kInt64, info.shape, std::move(elements))
      .ConvertTo(info.dtype);
}

// Imports the whole model with guessed elements, and notes what decides shapes.
class Guesser {
 public:
  Guesser(const std::shared_ptr<ModelFiles>& files, ImportOptions options, const Guess& guess,
          RunValueModel* model)
      : files_(files), options_(std::move(options)), guess_(guess), model_(model) {
    options_.run_values.names_by_content = true;
  }

  StatusOr<AskedGraph> Import() {
    while (true) {
      options_.run_values.one_by_one = model_->one_by_one;
      MACE_ASSIGN_OR_RETURN(AskedGraph graph, ImportAsking(files_, options_));
      if (graph.asked.is_ambiguous && !model_->one_by_one) {
        model_->one_by_one = true;
        options_.run_values.computed.clear();
        continue;
      }
      imported_nodes_ += graph.graph->nodes.size() + 1;
      if (imported_nodes_ > kMaxImportedNodes) {
        return ResourceExhausted("shapes that depend on values: expected imports of at most " +
                                 std::to_string(kMaxImportedNodes) + " nodes in all, found more");
      }
      const ValueNames handed_on = FindHandedOn(graph);
      model_->handed_on.insert(handed_on.begin(), handed_on.end());
      if (!graph.asked.stops()) return graph;
      MACE_RETURN_IF_ERROR(AddGuesses(graph));
    }
  }
  // Whether a value was guessed that is no count.
  bool guessed_numbers() const { return guessed_numbers_; }
  size_t stage_count() const { return static_cast<size_t>(NextRound(options_.run_values)) + 1; }

 private:
  Status AddGuesses(const AskedGraph& from) {
    const Graph& graph = *from.graph;
    const int round = NextRound(options_.run_values);
    bool has_new_input = false;
    for (const AskedValue& asked : from.asked.open) {
      for (const size_t index : FindDecidingInputs(graph, asked.value)) {
        const IoInfo& io = graph.inputs[index];
        model_->inputs.insert(index);
        if (options_.run_values.inputs.count(io.name) > 0) continue;
        MACE_ASSIGN_OR_RETURN(options_.run_values.inputs[io.name],
                              GuessElements(graph.value(io.value).info, -1, guess_));
        has_new_input = guessed_numbers_ = true;
      }
    }
    if (has_new_input) {
      // Nodes that follow from the inputs are evaluated from now on, so that fewer values are asked
      // for.
      options_.run_values.computed.clear();
      return Status();
    }
    for (const AskedValue& asked : from.asked.open) {
      guessed_numbers_ = guessed_numbers_ || asked.largest < 0;
      MACE_ASSIGN_OR_RETURN(HostTensor elements,
                            GuessElements(graph.value(asked.value).info, asked.largest, guess_));
      options_.run_values.computed[asked.name] = {std::move(elements), round};
    }
    return Status();
  }

  const std::shared_ptr<ModelFiles>& files_;
  ImportOptions options_;
  const Guess guess_;
  RunValueModel* const model_;
  size_t imported_nodes_ = 0;
  bool guessed_numbers_ = false;
};

std::vector<std::vector<int64_t>> OutputDims(const Graph& graph) {
  std::vector<std::vector<int64_t>> dims;
  for (const IoInfo& io : graph.outputs) dims.push_back(graph.value(io.value).info.shape.dims());
  return dims;
}

// Sets the dims to -1 that are others in another graph of the model.
void MarkDifferent(const Graph& graph, std::vector<std::vector<int64_t>>* dims) {
  const std::vector<std::vector<int64_t>> others = OutputDims(graph);
  for (size_t i = 0; i < std::min(dims->size(), others.size()); ++i) {
    std::vector<int64_t>& known = (*dims)[i];
    for (size_t axis = 0; axis < known.size(); ++axis) {
      if (others[i].size() != known.size() || others[i][axis] != known[axis]) known[axis] = -1;
    }
  }
}

void MarkAll(std::vector<std::vector<int64_t>>* dims) {
  for (std::vector<int64_t>& of_output : *dims) std::fill(of_output.begin(), of_output.end(), -1);
}

bool HasDynamicInput(const Graph* graph) {
  if (graph == nullptr) return false;
  const auto is_dynamic = [](const IoInfo& io) {
    const std::vector<int64_t> dims = io.declared_dims.value_or(std::vector<int64_t>());
    return std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 0; });
  };
  return std::any_of(graph->inputs.begin(), graph->inputs.end(), is_dynamic);
}

}  // namespace

StatusOr<AskedGraph> ImportAsking(const std::shared_ptr<ModelFiles>& files, ImportOptions options) {
  const auto asked = std::make_shared<AskedValues>();
  options.run_values.asked = asked;
  AskedGraph imported;
  MACE_ASSIGN_OR_RETURN(imported.graph, ImportModel(files, options));
  imported.asked = *asked;
  return imported;
}

StatusOr<std::shared_ptr<const RunValueModel>> ExamineRunValues(
    const std::shared_ptr<ModelFiles>& files, const ImportOptions& options) {
  auto model = std::make_shared<RunValueModel>();
  bool all_unsupported = true, guessed_numbers = false;
  size_t succeeded = 0;
  Status first_error;
  for (const Guess& guess : kGuesses) {
    if (succeeded == 2) break;  // Further ones would show nothing new of most models.
    Guesser guesser(files, options, guess, model.get());
    const StatusOr<AskedGraph> graph = guesser.Import();
    guessed_numbers = guessed_numbers || guesser.guessed_numbers();
    if (!graph.ok()) {
      if (first_error.ok()) first_error = graph.status();
      all_unsupported = all_unsupported && graph.status().code() == StatusCode::kUnsupported;
      continue;
    }
    model->stage_count = std::max(model->stage_count, guesser.stage_count());
    ++succeeded;
    if (model->guess == nullptr) {
      model->guess = graph->graph;
      model->output_dims = OutputDims(*graph->graph);
    } else {
      MarkDifferent(*graph->graph, &model->output_dims);
    }
  }
  if (succeeded == 0 && all_unsupported) return first_error;
  // A guess of a shape proves nothing of the dims that follow from it, nor does an extent of an
  // input that the caller chooses.
  if (succeeded < 2 || guessed_numbers || HasDynamicInput(model->guess.get())) {
    MarkAll(&model->output_dims);
  }
  return std::shared_ptr<const RunValueModel>(std::move(model));
}

}  // namespace mace
