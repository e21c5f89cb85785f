#include "mace/cl/first_use.h"

#include "mace/cache/driver_records.h"

namespace mace {

void FirstUse::Begin() {
  if (is_over_ || announced_.has_value()) return;
  std::vector<Announcement> steps;
  for (const Program& program : programs_) {
    steps.push_back({DriverStep::kUse, program.key, device_, program.what, ""});
  }
  announced_ = store_->journal()->Begin(steps, durable_);
}

void FirstUse::Note(size_t program, const char* step, const std::string& name) {
  if (!announced_.has_value()) return;
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (programs_[i].index != program) continue;
    store_->journal()->Note(*announced_, i, std::string(step) + " of " + name);
  }
}

void FirstUse::End() {
  if (announced_.has_value()) store_->journal()->End(*announced_);
  announced_.reset();
}

void FirstUse::Succeed() {
  const bool was_announced = announced_.has_value();
  End();
  is_over_ = true;
  if (!was_announced) return;
  for (const Program& program : programs_) {
    if (!program.from_binary) continue;
    AddDriverRecord(store_.get(), device_, program.key, {DriverVerdict::kProven, ""});
  }
}

}  // namespace mace
