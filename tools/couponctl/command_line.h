#pragma once

#include <google/protobuf/descriptor.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "tools/couponctl/exit_code.h"
#include "tools/couponctl/session.h"

namespace tessera::couponctl {

// The command that was chosen on the command line, to be run once all of it was read.
using Action = std::function<ExitCode()>;

// Adds commands. What they were given lives as long as the app; the session and the action must outlive it.
void AddCampaignCommands(CLI::App& app, Session& session, Action& action);
void AddWalletCommands(CLI::App& app, Session& session, Action& action);
void AddUseCommands(CLI::App& app, Session& session, Action& action);
void AddReturnCommands(CLI::App& app, Session& session, Action& action);
void AddOperationCommands(CLI::App& app, Session& session, Action& action);
void AddWatchCommands(CLI::App& app, Session& session, Action& action);
void AddCompletion(CLI::App& app, Action& action);

// A command, with --request-id where `request_id` is given: the identity of a change that is to be repeated.
inline CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& what,
                            std::string* request_id = nullptr) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->fallthrough();
  if (request_id != nullptr) {
    command->add_option("--request-id", *request_id,
                        "UUID of a call that is repeated, so that it takes effect once; else a new one");
  }
  return command;
}

// What is to be done when the command is chosen.
inline void Does(CLI::App* command, Action& action, Action what) {
  command->callback([&action, what = std::move(what)] { action = what; });
}

// The words for an enum's values, but for the one that stands for none. Case and underscores don't matter:
// ClaimCoupon is CLAIM_COUPON. Its description is kOneOf, and the words with ", " between them.
inline constexpr std::string_view kOneOf = "one of ";
CLI::Validator EnumWords(const google::protobuf::EnumDescriptor& type);

// Reads the command line, runs what it says, and writes what came of it. Returns the exit code.
int Run(int argc, char** argv);

}  // namespace tessera::couponctl
