// The timeline of `mace profile`, as a Chrome trace and within its page.
#include <algorithm>

#include "tools/mace/profile_report.h"

namespace mace {

extern const char kProfilePage[];  // tools/mace/profile_page.html

namespace {

constexpr int kProcess = 1, kHostTrack = 1, kDeviceTrack = 2;

// A step on one track, in milliseconds from the beginning of the run.
struct Slice {
  bool device = false;
  double begin = 0;
  double end = 0;
  size_t step = 0;
};

// A copy appears on both tracks, a node on the CPU on the host's only.
std::vector<Slice> SlicesOf(const ProfiledRun& run) {
  std::vector<Slice> slices;
  for (size_t i = 0; i < run.steps.size(); ++i) {
    const ProfiledRun::Times& step = run.steps[i];
    slices.push_back({false, step.host_begin - run.begin, step.host_end - run.begin, i});
    if (!step.on_device) continue;
    // The two clocks only agree to some microseconds.
    const double begin = std::max(0.0, step.device_begin - run.begin);
    slices.push_back({true, begin, std::max(begin, step.device_end - run.begin), i});
  }
  return slices;
}

Json NameEvent(const char* what, int track, const std::string& name) {
  return {
      {"ph", "M"}, {"name", what}, {"pid", kProcess}, {"tid", track}, {"args", {{"name", name}}}};
}

Json SliceEvent(const Slice& slice, double run_begin, const Json& op, const std::string& step) {
  return {{"ph", "X"},
          {"name", op["name"]},
          {"cat", op["type"]},
          {"pid", kProcess},
          {"tid", slice.device ? kDeviceTrack : kHostTrack},
          {"ts", (run_begin + slice.begin) * 1e3},
          {"dur", (slice.end - slice.begin) * 1e3},
          {"args",
           {{"node", op["name"]},
            {"type", op["type"]},
            {"variant", op["variant"]},
            {"kernel", step},
            {"inputs", op["inputs"]},
            {"outputs", op["outputs"]},
            {"gflop_per_s", op["gflop_per_s"]},
            {"gb_per_s", op["gb_per_s"]}}}};
}

// The JSON as the text of a <script> element, which it must not end.
std::string ScriptText(const Json& json) {
  std::string text;
  for (char c : JsonText(json, -1)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Json ChromeTrace(const Json& report, const ProfileResult& result) {
  const Profile& profile = result.profile;
  Json events = Json::array();
  events.push_back(
      NameEvent("process_name", kHostTrack, "mace: " + report["model"].get<std::string>()));
  events.push_back(NameEvent("thread_name", kHostTrack, "host"));
  events.push_back(
      NameEvent("thread_name", kDeviceTrack, "device: " + report["device"].get<std::string>()));
  const double first = profile.runs.front().begin;
  for (const ProfiledRun& run : profile.runs) {
    events.push_back({{"ph", "X"},
                      {"name", "run"},
                      {"cat", "run"},
                      {"pid", kProcess},
                      {"tid", kHostTrack},
                      {"ts", (run.begin - first) * 1e3},
                      {"dur", (run.end - run.begin) * 1e3}});
    for (const Slice& slice : SlicesOf(run)) {
      const ProfiledStep& step = profile.steps[slice.step];
      const Json& op = report["ops"][step.op];
      events.push_back(SliceEvent(slice, run.begin - first, op, step.name));
    }
  }
  return {{"displayTimeUnit", "ms"}, {"traceEvents", events}};
}

std::string ProfilePage(const Json& report, const ProfileResult& result) {
  const Profile& profile = result.profile;
  const ProfiledRun& run = profile.runs[profile.shortest];
  Json timeline = Json::array();
  double end = run.end - run.begin;
  for (const Slice& slice : SlicesOf(run)) {
    timeline.push_back({{"track", slice.device ? "device" : "host"},
                        {"begin", slice.begin},
                        {"end", slice.end},
                        {"op", profile.steps[slice.step].op},
                        {"name", profile.steps[slice.step].name}});
    end = std::max(end, slice.end);
  }
  Json data = report;
  data["timeline"] = timeline;
  data["timeline_ms"] = end;
  const std::string place = "@DATA@";
  std::string page = kProfilePage;
  return page.replace(page.find(place), place.size(), ScriptText(data));
}

}  // namespace mace
