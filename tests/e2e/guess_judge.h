// Many guesses of one subject at the same time, and a judge who decides by what the guessers were told
// whether a budget of N let exactly N of them be judged. Who answers is the caller's choice, so that the
// judge itself can be tested.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tessera::e2e {

// Tries the `index`-th wrong code; the reason with which it was refused. Called by all workers at the same
// time.
using Guess = std::function<std::string(int64_t index, int worker)>;

// How often each reason was given.
using GuessTally = std::map<std::string, int64_t>;

GuessTally RunGuesses(int workers, int64_t guesses, const Guess& guess);

// Every breach of the budget, in words; none when exactly `budget` of all `guesses` were judged.
std::vector<std::string> JudgeGuesses(int64_t guesses, int64_t budget, const GuessTally& tally);

}  // namespace tessera::e2e
