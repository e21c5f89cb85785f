#include "tools/fuzz/mutate_message.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace mace {
namespace {

// Extents, counts, indices and sizes that are wrong in most places, or at the edge of what is
// right.
constexpr uint64_t kNumbers[] = {
    0,
    1,
    2,
    3,
    4,
    7,
    16,
    64,
    255,
    1000,
    65535,
    65536,
    (uint64_t{1} << 24) + 1,
    (uint64_t{1} << 31) - 1,
    uint64_t{1} << 31,
    uint64_t{1} << 32,
    uint64_t{1} << 40,
    (uint64_t{1} << 62) + 1,
    (uint64_t{1} << 63) - 1,
    uint64_t{1} << 63,
    static_cast<uint64_t>(INT64_C(-1)),
    static_cast<uint64_t>(INT64_C(-2)),
    static_cast<uint64_t>(INT64_C(-7)),
    static_cast<uint64_t>(int64_t{INT32_MIN}),
};

// Where a field is: in which message, and at which index.
struct Place {
  WireMessage* message = nullptr;
  size_t index = 0;

  MessageField& field() const { return (*message)[index]; }
};

void CollectPlaces(WireMessage* message, std::vector<Place>* places) {
  for (size_t i = 0; i < message->size(); ++i) {
    places->push_back({message, i});
    CollectPlaces(&(*message)[i].message, places);
  }
}

size_t Below(std::minstd_rand* random, size_t limit) { return (*random)() % limit; }

void MutateNumber(std::minstd_rand* random, uint64_t* number) {
  switch (Below(random, 4)) {
    case 0:
      *number += Below(random, 8) + 1;
      return;
    case 1:
      *number -= Below(random, 8) + 1;
      return;
    default:
      *number = kNumbers[Below(random, std::size(kNumbers))];
  }
}

void MutateContent(std::minstd_rand* random, const MutateBytes& mutate_bytes, MessageField* field) {
  if (field->type != MessageField::kBytes) {
    MutateNumber(random, &field->value);
    return;
  }
  std::string content =
      field->is_message ? SerializeWireMessage(field->message) : std::move(field->bytes);
  mutate_bytes(&content);
  field->is_message = false;
  field->message.clear();
  field->bytes = std::move(content);
}

// Another field of the same number and type gives what it holds: a name, a type, a tensor, a node.
void TakeFromAnother(std::minstd_rand* random, const std::vector<Place>& places,
                     const Place& place) {
  std::vector<const MessageField*> others;
  for (const Place& other : places) {
    const MessageField& field = other.field();
    if (&field != &place.field() && field.number == place.field().number &&
        field.type == place.field().type) {
      others.push_back(&field);
    }
  }
  if (others.empty()) return;
  MessageField copy = *others[Below(random, others.size())];
  place.field() = std::move(copy);
}

}  // namespace

void MutateWireMessage(std::minstd_rand* random, const MutateBytes& mutate_bytes,
                       WireMessage* message) {
  std::vector<Place> places;
  CollectPlaces(message, &places);
  if (places.empty()) return;
  const Place place = places[Below(random, places.size())];
  WireMessage& parent = *place.message;
  const auto at = parent.begin() + static_cast<std::ptrdiff_t>(place.index);
  switch (Below(random, 8)) {
    case 0:
      parent.erase(at);
      return;
    case 1: {
      const MessageField copy = place.field();
      parent.insert(at, copy);
      return;
    }
    case 2:
      std::swap(place.field(), parent[Below(random, parent.size())]);
      return;
    case 3:
    case 4:
      TakeFromAnother(random, places, place);
      return;
    default:
      MutateContent(random, mutate_bytes, &place.field());
  }
}

}  // namespace mace
