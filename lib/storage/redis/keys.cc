#include "storage/redis/keys.h"

#include <algorithm>

#include "redis/hash_slot.h"

namespace tessera::storage {
namespace {

// FNV-1a, 64 bits (Fowler, Noll, Vo): only spreads campaign ids over partitions, so it needs no key.
uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

// One tag per partition, each the smallest number whose slot lies in the partition's equal part of the slots:
// so that any even split of the slots over nodes is an even split of the partitions.
std::vector<std::string> Tags(uint32_t partitions) {
  std::vector<std::string> tags(partitions);
  const uint32_t width = redis::kHashSlots / partitions;
  uint32_t missing = partitions;
  for (uint32_t candidate = 0; missing > 0; ++candidate) {
    std::string text = std::to_string(candidate);
    std::string& tag = tags[static_cast<uint32_t>(redis::HashSlot(text)) / width];
    if (!tag.empty()) continue;
    tag = std::move(text);
    --missing;
  }
  return tags;
}

}  // namespace

Keys::Keys(std::string_view ns, const core::Shape& shape)
    // A record of an operation is smaller than a wallet's part of a coupon, so fewer buckets fill small
    // hashes as well.
    : shape_(shape), operation_buckets_(std::max(1u, shape.buckets / 4)) {
  for (const std::string& tag : Tags(shape.partitions))
    prefix_.push_back(std::string(ns) + ":{" + tag + "}:");
}

std::string Keys::Operation(const core::OpRef& ref) const {
  const uint32_t bucket =
      (uint32_t{ref.field[0]} << 16 | uint32_t{ref.field[1]} << 8 | ref.field[2]) % operation_buckets_;
  return prefix_[ref.partition] + (ref.retention == core::Retention::kShort ? "s" : "r") +
         std::to_string(ref.period) + ":" + std::to_string(bucket);
}

std::string Keys::Attempts(const core::UserKey& subject) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string key = prefix_[subject.partition(shape_)] + "a";
  for (const uint8_t byte : subject.bytes) {
    key.push_back(kDigits[byte >> 4]);
    key.push_back(kDigits[byte & 15]);
  }
  return key;
}

std::string Keys::Definition(std::string_view campaign_id) const {
  return prefix_[Home(campaign_id)] + "d" + std::string(campaign_id);
}

std::string Keys::LimitBooks(std::string_view campaign_id, LimitKind kind, core::InstantMs window) const {
  std::string key = prefix_[Home(campaign_id)] + "e" + std::string(campaign_id);
  if (IsBudget(kind)) key += ":b";
  return CountsDays(kind) ? key + ":" + std::to_string(window) : key;
}

uint32_t Keys::Home(std::string_view campaign_id) const {
  return static_cast<uint32_t>(Fnv1a(campaign_id) % shape_.partitions);
}

}  // namespace tessera::storage
