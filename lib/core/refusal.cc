#include "core/refusal.h"

namespace tessera::core {

std::string_view WhyNotName(WhyNot why) {
  switch (why) {
    case WhyNot::kCurrencyMismatch:
      return "CURRENCY_MISMATCH";
    case WhyNot::kOutOfScope:
      return "OUT_OF_SCOPE";
    case WhyNot::kOrderCountUnknown:
      return "ORDER_COUNT_UNKNOWN";
    case WhyNot::kMinimumNotMet:
      return "MINIMUM_NOT_MET";
    case WhyNot::kSkuNotInOrder:
      return "SKU_NOT_IN_ORDER";
    case WhyNot::kTooFewUnits:
      return "TOO_FEW_UNITS";
    case WhyNot::kNothingToTakeOff:
      return "NOTHING_TO_TAKE_OFF";
    case WhyNot::kOutsideWeeklyWindow:
      return "OUTSIDE_WEEKLY_WINDOW";
    case WhyNot::kListedTwice:
      return "LISTED_TWICE";
    case WhyNot::kExclusive:
      return "EXCLUSIVE";
    case WhyNot::kGroupFull:
      return "GROUP_FULL";
    case WhyNot::kTooManyCoupons:
      return "TOO_MANY_COUPONS";
    case WhyNot::kSpoilsAnother:
      return "SPOILS_ANOTHER";
    case WhyNot::kGainsNothing:
      return "GAINS_NOTHING";
  }
  return "UNKNOWN";
}

}  // namespace tessera::core
