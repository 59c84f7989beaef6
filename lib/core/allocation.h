#pragma once

#include <cstdint>
#include <span>

namespace tessera::core {

// Splits `amount_minor` over lines in proportion to `weights`, no line more than its `room`: what a full line
// cannot take, the others take, again in proportion. Each share is its exact part rounded down; what is then
// missing goes one minor unit each to the largest remainders, the earlier line first where two are equal
// (largest remainder, also called Hamilton's method). The shares sum to the amount exactly.
//
// REQUIRES: spans of one size; weights and rooms from 0 to kAmountMax, sums within kAmountMax; the amount is
// from 0 to the sum of the rooms of lines with a weight.
void Allocate(int64_t amount_minor, std::span<const int64_t> weights, std::span<const int64_t> rooms,
              std::span<int64_t> shares);

}  // namespace tessera::core
